// What OpenAI's client throws, by class, before and after a stream has begun.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createServer } from "node:net";
import { once } from "node:events";
import { describe, test } from "node:test";

import OpenAI from "openai";

import { failure, openai, run } from "./clients.js";
import { EMBEDDED, type Script, UPSTREAMS, model } from "./scripts.js";

const messages = [{ role: "user" as const, content: "Hi" }];

type ErrorClass = new (...args: never[]) => InstanceType<typeof OpenAI.APIError>;

/** Each status of a provider, with the class and the words that the client must see. */
const STATUSES: [Script, number, ErrorClass, string, "true" | "false"][] = [
  ["status400", 400, OpenAI.BadRequestError, "invalid_request_error", "false"],
  ["status401", 401, OpenAI.AuthenticationError, "authentication_error", "false"],
  ["status403", 403, OpenAI.PermissionDeniedError, "permission_error", "false"],
  ["status404", 404, OpenAI.NotFoundError, "invalid_request_error", "false"],
  ["status413", 413, OpenAI.APIError, "invalid_request_error", "false"],
  ["status422", 422, OpenAI.UnprocessableEntityError, "invalid_request_error", "false"],
  ["status429", 429, OpenAI.RateLimitError, "rate_limit_error", "true"],
  ["status500", 500, OpenAI.InternalServerError, "api_error", "true"],
  ["status503", 503, OpenAI.InternalServerError, "overloaded_error", "true"],
  ["status529", 529, OpenAI.InternalServerError, "overloaded_error", "true"],
];

/** The same request on each of OpenAI's wires. */
const WIRES = {
  "a chat": (name: string) => openai.chat.completions.create({ model: name, messages }),
  "a chat in chunks": (name: string) => openai.chat.completions.create({ model: name, messages, stream: true }),
  "a response": (name: string) => openai.responses.create({ model: name, input: "Hi" }),
  "a response as events": (name: string) => openai.responses.create({ model: name, input: "Hi", stream: true }),
  "a completion": (name: string) => openai.completions.create({ model: name, prompt: "Hi" }),
};

for (const upstream of UPSTREAMS) {
  for (const [wire, ask] of Object.entries(WIRES)) {
    test(`G2 a status of an upstream of ${upstream} is the class that ${wire} throws`, async () => {
      for (const [script, status, kind, type, retry] of STATUSES) {
        const error = await failure(ask(model(upstream, script)));
        assert.ok(error instanceof kind, `${script}: ${String(error)}`);
        assert.deepEqual([error.status, error.type], [status, type], script);
        assert.match(error.message, /The mock fails as it was told to/);
        assert.ok(error.requestID);
        assert.equal(error.headers?.get("x-should-retry"), retry, script);
        assert.match(error.headers?.get("x-etude-run") ?? "", /^run_[0-9a-f]{32}$/);
      }
    });
  }

  describe(`B5 an upstream of ${upstream} that fails in the middle`, () => {
    for (const script of ["err2-n5", "cut3-n5"] as const) {
      const name = model(upstream, script);
      const said = script === "err2-n5" ? "w0 w1" : "w0 w1 w2";

      test(`${script}: an error in a chat's stream, after what had come`, async () => {
        const asked = openai.chat.completions.create({ model: name, messages, stream: true });
        const { data, response } = await asked.withResponse();
        let text = "";
        const error = await failure(
          (async () => {
            for await (const chunk of data) text += chunk.choices[0]?.delta.content ?? "";
          })(),
        );
        assert.ok(error instanceof OpenAI.APIError, String(error));
        assert.equal(text, said);
        assert.match(error.code ?? "", /^upstream_(error|overloaded|cut)$/);
        const kept = await run(response.headers.get("x-etude-run"));
        assert.deepEqual([kept.status, kept.output.text], ["failed", said]);
      });

      test(`${script}: an error of the stream helper`, async () => {
        const stream = openai.chat.completions.stream({ model: name, messages });
        assert.ok((await failure(stream.finalChatCompletion())) instanceof OpenAI.APIError);
      });

      test(`${script}: a response that says that it failed`, async () => {
        const final = await openai.responses.stream({ model: name, input: "Hi" }).finalResponse();
        assert.deepEqual([final.status, final.output_text], ["failed", said]);
        assert.ok(final.error?.message);
        assert.equal(final.error.code, "server_error");
      });

      test(`${script}: an error of the request, where it waits for the whole`, async () => {
        const error = await failure(openai.chat.completions.create({ model: name, messages }));
        assert.ok(error instanceof OpenAI.InternalServerError, String(error));
        assert.equal(error.headers.get("x-should-retry"), "true");
      });
    }
  });
}

describe("what the server refuses by itself", () => {
  test("a model that is not there", async () => {
    for (const ask of Object.values(WIRES)) {
      const error = await failure(ask("nothing"));
      assert.ok(error instanceof OpenAI.NotFoundError, String(error));
      assert.deepEqual([error.code, error.param, error.type], ["model_not_found", "model", "invalid_request_error"]);
    }
  });

  test("a request that is no request", async () => {
    const error = await failure(openai.post("/chat/completions", { body: { model: EMBEDDED } }));
    assert.ok(error instanceof OpenAI.BadRequestError, String(error));
    assert.equal(error.param, "messages");
  });

  test("a path that is not there", async () => {
    const error = await failure(openai.get("/nothing"));
    assert.ok(error instanceof OpenAI.NotFoundError, String(error));
    assert.ok(error.type);
  });

  test("D2 a key that was used for another request; the same one gives the same run", async () => {
    // The client sends its own option for it only where it is told the header's name.
    const headers = { "Idempotency-Key": randomUUID() };
    const asked = { model: model("openai", "n4"), messages };
    const first = await openai.chat.completions.create(asked, { headers });
    const again = await openai.chat.completions.create(asked, { headers });
    assert.equal(again.id, first.id);
    const other = { ...asked, model: model("openai", "n9") };
    const error = await failure(openai.chat.completions.create(other, { headers }));
    assert.ok(error instanceof OpenAI.ConflictError, String(error));
    assert.equal(error.headers.get("x-should-retry"), "false");
  });

  test("D2 a body's request_id does the same", async () => {
    const asked = { model: model("openai", "n4"), messages, request_id: randomUUID() };
    const first = await openai.chat.completions.create(asked);
    const again = await openai.chat.completions.create(asked);
    assert.equal(again.id, first.id);
  });

  test("a provider that cannot be reached", async () => {
    const error = await failure(openai.chat.completions.create({ model: "nowhere-n4", messages }));
    assert.ok(error instanceof OpenAI.InternalServerError, String(error));
    assert.deepEqual([error.status, error.code], [502, "upstream_unreachable"]);
  });
});

describe("what the client throws without the server", () => {
  test("an answer that takes too long", async () => {
    const asked = { model: model("openai", "ttft1500-n4"), messages };
    const error = await failure(openai.chat.completions.create(asked, { timeout: 300 }));
    assert.ok(error instanceof OpenAI.APIConnectionTimeoutError, String(error));
  });

  test("a server that is not there", async () => {
    const probe = createServer().listen(0, "127.0.0.1");
    await once(probe, "listening");
    const address = probe.address();
    probe.close();
    await once(probe, "close");
    assert.ok(address && typeof address === "object");
    const lost = openai.withOptions({ baseURL: `http://127.0.0.1:${address.port}/v1` });
    const error = await failure(lost.models.list());
    assert.ok(error instanceof OpenAI.APIConnectionError, String(error));
  });
});
