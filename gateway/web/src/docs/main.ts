/** The API's own page, from this server alone: Swagger UI as its makers ship it. */
import "swagger-ui-dist/swagger-ui.css";
import bundle from "swagger-ui-dist/swagger-ui-bundle.js?url";

interface SwaggerWindow {
  SwaggerUIBundle: (options: Record<string, unknown>) => void;
}

const script = document.createElement("script");
script.src = bundle;
script.addEventListener("load", () => {
  (window as unknown as SwaggerWindow).SwaggerUIBundle({
    url: "/openapi.json",
    domNode: document.getElementById("api"),
    deepLinking: true,
    docExpansion: "none", // two hundred operations: first what there is, then what one opens
    filter: true,
    validatorUrl: null,
    persistAuthorization: false,
    defaultModelsExpandDepth: 0,
  });
});
document.head.append(script);
