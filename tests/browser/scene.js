// Pictures and a video with drawn faces, made of what `fer synth` draws.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';

/** Side of a drawn face, in pixels. */
const SIDE = 48;

/** Drawn faces: gray pixels, row by row. */
export function drawnFaces(fer) {
  const path = join(mkdtempSync(join(tmpdir(), 'fer-browser-')), 'faces.csv');
  execFileSync(fer, ['synth', path, '--rows', '70', '--seed', '3']);
  const rows = readFileSync(path, 'utf8').trim().split('\n').slice(1);
  return rows.map(row => Uint8Array.from(row.split(',')[1].split(' '), Number));
}

/** A gray value between pixels, by the four around it. */
function between(face, x, y) {
  const [left, top] = [Math.max(0, Math.min(SIDE - 2, Math.floor(x))), Math.max(0, Math.min(SIDE - 2, Math.floor(y)))];
  const [across, down] = [Math.max(0, Math.min(1, x - left)), Math.max(0, Math.min(1, y - top))];
  const at = (column, row) => face[(top + row) * SIDE + left + column];
  const line = row => at(0, row) * (1 - across) + at(1, row) * across;
  return line(0) * (1 - down) + line(1) * down;
}

/** A gray picture: faces enlarged to squares of a side, with their upper left corners at x and y. */
export function scene(width, height, faces) {
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) pixels[y * width + x] = 170 - (60 * y) / height;
  for (const { face, x: left, y: top, side } of faces) {
    const scale = SIDE / side;
    for (let y = Math.max(0, top); y < Math.min(height, top + side); y += 1) {
      for (let x = Math.max(0, left); x < Math.min(width, left + side); x += 1) {
        pixels[y * width + x] = between(face, (x - left + 0.5) * scale - 0.5, (y - top + 0.5) * scale - 0.5);
      }
    }
  }
  return { width, height, pixels };
}

/** The check sum of PNG's chunks. */
function crc32(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

/** A gray picture as PNG. */
export function png({ width, height, pixels }) {
  const chunk = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 8; // bits; the rest are 0: gray, no interlacing
  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y += 1) rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

/** Writes pictures as a Y4M video that Chromium takes for a camera. */
export function writeVideo(path, frames, rate) {
  const [{ width, height }] = frames;
  const colour = Buffer.alloc((width * height) / 2, 128);
  const parts = frames.flatMap(({ pixels }) => [Buffer.from('FRAME\n'), pixels, colour]);
  writeFileSync(path, Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F${rate}:1 Ip A1:1 C420jpeg\n`), ...parts]));
}
