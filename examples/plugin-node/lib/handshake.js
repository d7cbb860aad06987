// The handshake of go-plugin: a certificate for this start, a socket, and one line on
// standard output that says both.
"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { X509Certificate } = require("node:crypto");
const grpc = require("@grpc/grpc-js");
const selfsigned = require("selfsigned");

const cookie = { name: "TENON_PLUGIN", value: "d0e1a3b2-driver" };
const coreVersion = 1; // of go-plugin's handshake
const protocolVersion = "1"; // of driver.proto

// check says what this program is to people who start it by hand.
function check(environment) {
  if (environment[cookie.name] !== cookie.value) {
    return "This program is a plugin: a host of Tenon starts it, people do not.";
  }
  const versions = (environment.PLUGIN_PROTOCOL_VERSIONS || "").split(",");
  if (!versions.includes(protocolVersion)) {
    return `This plugin speaks version ${protocolVersion} of the protocol, and its host ${versions.join(", ")}.`;
  }
  return "";
}

// credentials let in only the host that started this program, and show it who we are.
function credentials(environment) {
  if (!environment.PLUGIN_CLIENT_CERT) {
    return { certificate: "", server: grpc.ServerCredentials.createInsecure() };
  }
  const made = selfsigned.generate([{ name: "commonName", value: "localhost" }], {
    keySize: 2048,
    days: 365,
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, digitalSignature: true, keyEncipherment: true },
      { name: "extKeyUsage", serverAuth: true, clientAuth: true },
      { name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] },
    ],
  });
  const pair = { cert_chain: Buffer.from(made.cert), private_key: Buffer.from(made.private) };
  return {
    certificate: new X509Certificate(made.cert).raw.toString("base64").replace(/=+$/, ""),
    server: grpc.ServerCredentials.createSsl(Buffer.from(environment.PLUGIN_CLIENT_CERT), [pair], true),
  };
}

// listen opens the socket and says where it is.
function listen(server, environment, done) {
  const folder = fs.mkdtempSync(path.join(environment.PLUGIN_UNIX_SOCKET_DIR || os.tmpdir(), "node-"));
  const socket = path.join(folder, "plugin.sock");
  const { certificate, server: secured } = credentials(environment);
  server.bindAsync(`unix:${socket}`, secured, (failed) => {
    if (failed) {
      return done(failed);
    }
    process.stdout.write([coreVersion, protocolVersion, "unix", socket, "grpc", certificate].join("|") + "\n");
    done(null);
  });
}

module.exports = { check, listen };
