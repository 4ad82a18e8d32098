import { mount } from "svelte";
import App from "./App.svelte";
import "./app.css";

const place = document.getElementById("page");
if (!place) throw new Error("the page has no place");
mount(App, { target: place });
