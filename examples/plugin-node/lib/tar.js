// untar reads the archive in which a host sends the files of a bundle: regular files, and
// before each the PAX header that holds what does not fit into the plain one.
"use strict";

const block = 512;

function text(buffer, from, length) {
  const field = buffer.subarray(from, from + length);
  const end = field.indexOf(0);
  return field.subarray(0, end < 0 ? length : end).toString();
}

function untar(archive) {
  const files = new Map();
  let long = "";
  for (let at = 0; at + block <= archive.length; ) {
    const header = archive.subarray(at, at + block);
    if (header.every((byte) => byte === 0)) {
      break;
    }
    const size = parseInt(text(header, 124, 12).trim() || "0", 8);
    const kind = String.fromCharCode(header[156]);
    const content = archive.subarray(at + block, at + block + size);
    at += block + Math.ceil(size / block) * block;
    if (kind === "x") {
      const named = /\d+ path=([^\n]*)\n/.exec(content.toString());
      long = named ? named[1] : "";
      continue;
    }
    const prefix = text(header, 345, 155);
    const name = long || (prefix ? `${prefix}/` : "") + text(header, 0, 100);
    long = "";
    files.set(name, content);
  }
  return files;
}

module.exports = { untar };
