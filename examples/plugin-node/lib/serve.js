// serve is a whole plugin but for its driver: driver.proto in JavaScript.
//
//   serve({
//     name: "flags", version: "0.1.0",
//     async plan(request, call) { return { changes: [] }; },
//     async apply(request, call) { return { outcome: "done", outputs: {} }; },
//   });
//
// Optional powers are methods named as in driver.proto: recover, validate, drift, import,
// inspect. A method gets the request, as package provisioner has it in JSON, and the call:
// call.signal (an AbortSignal: the host wants it to stop), call.send(event),
// call.readState(), call.writeState(text), call.files() and call.start.
"use strict";

const path = require("node:path");
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");
const { check, listen } = require("./handshake.js");
const { untar } = require("./tar.js");

const contractVersion = 1;
const chunkSize = 256 * 1024;
const powers = ["drift", "import", "inspect", "recover", "validate"];

function load(name) {
  const definition = loader.loadSync(path.join(__dirname, name), { keepCase: true, enums: String, oneofs: true, longs: Number, defaults: true });
  return grpc.loadPackageDefinition(definition);
}

// Failure is an error that says of which class it is: permanent, transient, canceled,
// deadline, unsupported.
class Failure extends Error {
  constructor(failureClass, message, problems) {
    super(message);
    this.failureClass = failureClass;
    this.problems = problems;
  }
}

class Call {
  constructor(stream) {
    this.stream = stream;
    this.stopping = new AbortController();
    this.signal = this.stopping.signal;
    this.reason = "";
    this.gathered = new Map(); // contents that are on their way
    this.waiting = new Map(); // what the driver waits for, by content
    this.arrived = new Map(); // what came before anybody waited
    this.asking = Promise.resolve(); // one question to the host at a time
    this.draining = new Set(); // who waits until the host has taken what was written
  }

  // hear takes in what the host says.
  hear(message) {
    switch (message.kind) {
      case "chunk": {
        const { content, data, last } = message.chunk;
        const parts = this.gathered.get(content) || [];
        parts.push(data);
        this.gathered.set(content, parts);
        if (last) {
          this.gathered.delete(content);
          this.deliver(content, null, Buffer.concat(parts));
        }
        break;
      }
      case "stop":
        this.reason = message.stop.reason === "REASON_DEADLINE" ? "deadline" : "canceled";
        this.stopping.abort();
        break;
      case "reply": {
        const failed = message.reply.error ? new Error(message.reply.error) : null;
        for (const content of ["reply", "CONTENT_STATE", "CONTENT_FILES"]) {
          if (this.waiting.has(content)) {
            return this.deliver(content, failed, null);
          }
        }
      }
    }
  }

  deliver(content, failed, data) {
    const waiting = this.waiting.get(content);
    if (!waiting) {
      this.arrived.set(content, data);
      return;
    }
    this.waiting.delete(content);
    failed ? waiting.reject(failed) : waiting.resolve(data);
  }

  wait(content) {
    if (this.arrived.has(content)) {
      const data = this.arrived.get(content);
      this.arrived.delete(content);
      return Promise.resolve(data);
    }
    return new Promise((resolve, reject) => this.waiting.set(content, { resolve, reject }));
  }

  gone() {
    this.reason = this.reason || "canceled";
    this.stopping.abort();
    for (const waiting of this.waiting.values()) {
      waiting.reject(new Error("the host is gone"));
    }
    this.waiting.clear();
    this.draining.forEach((resolve) => resolve());
  }

  // write waits until the host has taken what was written before: back-pressure.
  write(message) {
    return new Promise((resolve) => {
      if (this.stream.cancelled || this.stream.write(message)) {
        return resolve();
      }
      const done = () => {
        this.draining.delete(done);
        resolve();
      };
      this.draining.add(done); // a host that has hung up takes nothing any more
      this.stream.once("drain", done);
    });
  }

  async chunks(content, data) {
    let from = 0;
    do {
      const piece = data.subarray(from, from + chunkSize);
      const first = from === 0;
      from += piece.length;
      await this.write({ chunk: { content, data: piece, last: from >= data.length, size: first ? data.length : 0 } });
    } while (from < data.length);
  }

  ask(question) {
    const asked = this.asking.then(question, question);
    this.asking = asked.catch(() => {});
    return asked;
  }

  // send tells the host what happens, as an Event.
  send(event) {
    return this.write({ event: Buffer.from(JSON.stringify({ time: new Date().toISOString(), ...event })) });
  }

  // readState gives the state as a Buffer, empty where there is none.
  readState() {
    if (!this.start.has_state) {
      return Promise.reject(new Error("the request has no state to read and write"));
    }
    return this.ask(async () => {
      const state = this.wait("CONTENT_STATE");
      await this.write({ read_state: {} });
      return state;
    });
  }

  // writeState keeps a state; an empty one is none any more.
  writeState(text) {
    if (!this.start.has_state) {
      return Promise.reject(new Error("the request has no state to read and write"));
    }
    return this.ask(async () => {
      const kept = this.wait("reply");
      await this.chunks("CONTENT_STATE", Buffer.from(text));
      return kept;
    });
  }

  // files gives the bundle's files: a Map from names to Buffers.
  files() {
    if (!this.start.has_files) {
      return Promise.resolve(new Map());
    }
    return this.ask(async () => {
      const archive = this.wait("CONTENT_FILES");
      await this.write({ read_files: {} });
      return untar(await archive);
    });
  }
}

// failureOf is an error as the host reads it.
function failureOf(error, call) {
  if (error instanceof Failure) {
    return { class: error.failureClass, message: error.message, problems: error.problems };
  }
  if (call.signal.aborted) {
    return { class: call.reason, message: `it was interrupted: ${error.message}` };
  }
  return { class: "permanent", message: error.message };
}

async function answer(driver, call) {
  const name = call.start.call;
  const message = { version: contractVersion, call: name };
  try {
    if (!driver[name]) {
      throw new Failure("unsupported", "not supported by this driver");
    }
    const text = call.start.request && call.start.request.length ? call.start.request : await call.wait("CONTENT_REQUEST");
    const request = JSON.parse(text.toString());
    if (call.start.has_saved) {
      request.saved = await call.wait("CONTENT_SAVED");
    }
    request.workDir = call.start.work_dir;
    const made = await driver[name](request, call);
    const field = { plan: "plan", drift: "drift", inspect: "module" }[name] || "result";
    if (made !== undefined && made !== null) {
      const { failure, ...rest } = made; // a result may come with an error
      if (name !== "validate") {
        message[field] = rest;
      }
      if (failure) {
        message.failure = failureOf(failure, call);
      }
    }
  } catch (error) {
    console.error(error.stack);
    message.failure = failureOf(error, call);
    if (name === "apply" || name === "import") {
      message.result = { outcome: "failed" };
    }
  }
  if (message.plan && message.plan.saved) {
    message.plan.saved = Buffer.from(message.plan.saved).toString("base64");
  }
  return message;
}

function serve(driver) {
  const refused = check(process.env);
  if (refused) {
    console.error(refused);
    process.exit(1);
  }
  const server = new grpc.Server();
  server.addService(load("driver.proto").tenon.plugin.v1.DriverService.service, {
    describe(_, reply) {
      reply(null, {
        contract_version: contractVersion,
        name: driver.name,
        version: driver.version,
        capabilities: powers.filter((power) => driver[power]),
        processes: 1,
      });
    },
    call(stream) {
      const call = new Call(stream);
      stream.on("data", (message) => {
        if (message.kind !== "start") {
          return call.hear(message);
        }
        call.start = message.start;
        answer(driver, call)
          .then((made) => call.chunks("CONTENT_ANSWER", Buffer.from(JSON.stringify(made))))
          .then(() => stream.end())
          .catch((error) => stream.destroy(error)); // an answer that is no document
      });
      stream.on("cancelled", () => call.gone());
      stream.on("error", () => call.gone());
      stream.on("end", () => call.gone());
    },
  });
  // go-plugin asks a plugin to end in this way.
  server.addService(load("goplugin.proto").plugin.GRPCController.service, {
    shutdown(_, reply) {
      reply(null, {});
      server.tryShutdown(() => process.exit(0));
      setTimeout(() => process.exit(0), 1000).unref();
    },
  });
  // A host that died says nothing: this process has another parent then.
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || process.exit(1), 1000).unref();
  listen(server, process.env, (failed) => {
    if (failed) {
      console.error(failed.message);
      process.exit(1);
    }
  });
}

module.exports = { serve, Failure };
