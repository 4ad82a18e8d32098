/** Signs that differ by shape, not only by colour; drawn here, so that no sprite has to be fetched. */
import { colour } from "../language/theme.svelte";

export const SIGNS = ["incident", "hazard", "apart"] as const;
export type Sign = (typeof SIGNS)[number];

const SIZE = 44;

/** A sign as pixels, twice as large as it is shown. */
export function drawSign(sign: Sign): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE;
  const pen = canvas.getContext("2d")!;
  pen.lineJoin = "round";
  DRAWN[sign](pen);
  return pen.getImageData(0, 0, SIZE, SIZE);
}

const DRAWN: Readonly<Record<Sign, (pen: CanvasRenderingContext2D) => void>> = {
  incident(pen) {
    outline(pen, [
      [22, 5],
      [40, 37],
      [4, 37],
    ]);
    pen.fillStyle = colour("bad");
    pen.fill();
    pen.lineWidth = 3;
    pen.strokeStyle = colour("panel");
    pen.stroke();
    pen.fillStyle = colour("panel");
    pen.fillRect(20, 16, 4, 11);
    pen.fillRect(20, 30, 4, 4);
  },
  hazard(pen) {
    outline(pen, [
      [22, 8],
      [36, 22],
      [22, 36],
      [8, 22],
    ]);
    pen.lineWidth = 4;
    pen.strokeStyle = colour("warn");
    pen.stroke();
  },
  apart(pen) {
    pen.fillStyle = colour("panel");
    pen.fillRect(7, 7, 30, 30);
    pen.fillStyle = colour("warn");
    pen.fillRect(10, 10, 24, 24);
    pen.fillStyle = colour("panel");
    pen.fillRect(16, 15, 4, 14);
    pen.fillRect(24, 15, 4, 14);
  },
};

function outline(pen: CanvasRenderingContext2D, corners: [number, number][]): void {
  pen.beginPath();
  corners.forEach(([x, y], n) => (n ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.closePath();
}
