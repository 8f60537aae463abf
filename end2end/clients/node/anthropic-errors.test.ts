// What Anthropic's client throws, by class, before and after a stream has begun.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";

import Anthropic from "@anthropic-ai/sdk";

import { anthropic, failure, run } from "./clients.js";
import { EMBEDDED, type Script, UPSTREAMS, model } from "./scripts.js";

const messages = [{ role: "user" as const, content: "Hi" }];

type ErrorClass = new (...args: never[]) => InstanceType<typeof Anthropic.APIError>;

/** Each status of a provider, with the class and the word that the client must see. */
const STATUSES: [Script, number, ErrorClass, string, "true" | "false"][] = [
  ["status400", 400, Anthropic.BadRequestError, "invalid_request_error", "false"],
  ["status401", 401, Anthropic.AuthenticationError, "authentication_error", "false"],
  ["status403", 403, Anthropic.PermissionDeniedError, "permission_error", "false"],
  ["status404", 404, Anthropic.NotFoundError, "not_found_error", "false"],
  ["status413", 413, Anthropic.ContentTooLargeError, "request_too_large", "false"],
  ["status422", 422, Anthropic.UnprocessableEntityError, "invalid_request_error", "false"],
  ["status429", 429, Anthropic.RateLimitError, "rate_limit_error", "true"],
  ["status500", 500, Anthropic.InternalServerError, "api_error", "true"],
  ["status503", 503, Anthropic.ServiceUnavailableError, "overloaded_error", "true"],
  ["status529", 529, Anthropic.OverloadedError, "overloaded_error", "true"],
];

for (const upstream of UPSTREAMS) {
  for (const stream of [false, true]) {
    test(`G2 a status of an upstream of ${upstream} is the class, ${stream ? "streamed" : "whole"}`, async () => {
      for (const [script, status, kind, type, retry] of STATUSES) {
        const asked = { model: model(upstream, script), max_tokens: 9, messages, stream };
        const error = await failure(anthropic.messages.create(asked));
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
      const asked = { model: model(upstream, script), max_tokens: 64, messages };
      const said = script === "err2-n5" ? "w0 w1" : "w0 w1 w2";

      test(`${script}: an error in the stream, after what had come`, async () => {
        const { data, response } = await anthropic.messages.create({ ...asked, stream: true }).withResponse();
        let text = "";
        const reading = (async () => {
          for await (const event of data) {
            if (event.type === "content_block_delta" && event.delta.type === "text_delta") text += event.delta.text;
          }
        })();
        const error = await failure(reading);
        assert.ok(error instanceof Anthropic.APIError, String(error));
        assert.match(error.type ?? "", /^(api|overloaded)_error$/);
        assert.ok(error.requestID);
        assert.equal(text, said);
        const kept = await run(response.headers.get("x-etude-run"));
        assert.deepEqual([kept.status, kept.output.text], ["failed", said]);
      });

      test(`${script}: an error of the stream helper, which keeps what had come`, async () => {
        const stream = anthropic.messages.stream(asked);
        let text = "";
        stream.on("text", (delta) => (text += delta));
        assert.ok((await failure(stream.finalMessage())) instanceof Anthropic.APIError);
        assert.equal(text, said);
      });

      test(`${script}: an error of the request, where it waits for the whole`, async () => {
        const error = await failure(anthropic.messages.create(asked));
        assert.ok(error instanceof Anthropic.InternalServerError, String(error));
        assert.equal(error.headers.get("x-should-retry"), "true");
      });
    }
  });
}

describe("what the server refuses by itself", () => {
  const asked = { model: model("anthropic", "n4"), max_tokens: 9, messages };

  test("a model that is not there", async () => {
    const error = await failure(anthropic.messages.create({ ...asked, model: "nothing" }));
    assert.ok(error instanceof Anthropic.NotFoundError, String(error));
    assert.equal(error.type, "not_found_error");
    assert.match(error.message, /nothing/);
  });

  test("a request that lacks its limit", async () => {
    const error = await failure(anthropic.post("/v1/messages", { body: { model: EMBEDDED, messages } }));
    assert.ok(error instanceof Anthropic.BadRequestError, String(error));
    assert.match(error.message, /max_tokens/);
  });

  test("G2 a version of the wire that nobody knows, with those that are known", async () => {
    const headers = { "anthropic-version": "1999-01-01" };
    const error = await failure(anthropic.messages.create(asked, { headers }));
    assert.ok(error instanceof Anthropic.BadRequestError, String(error));
    assert.match(error.message, /2023-06-01/);
  });

  // DEFECT 1
  test("G2 versions of the wire that the vendor knows are known here", async () => {
    for (const version of ["2023-01-01", "2023-06-01", "2026-10-21"]) {
      await anthropic.messages.create(asked, { headers: { "anthropic-version": version } });
    }
  });

  test("a path that is not there", async () => {
    const error = await failure(anthropic.get("/v1/nothing"));
    assert.ok(error instanceof Anthropic.NotFoundError, String(error));
    assert.equal(error.type, "not_found_error");
  });

  test("D2 a key that was used for another request; the same one gives the same run", async () => {
    const headers = { "Idempotency-Key": randomUUID() };
    const first = await anthropic.messages.create(asked, { headers });
    const again = await anthropic.messages.create(asked, { headers });
    assert.equal(again.id, first.id);
    const error = await failure(anthropic.messages.create({ ...asked, max_tokens: 8 }, { headers }));
    assert.ok(error instanceof Anthropic.ConflictError, String(error));
  });

  test("a provider that cannot be reached", async () => {
    const error = await failure(anthropic.messages.create({ ...asked, model: "nowhere-n4" }));
    assert.ok(error instanceof Anthropic.InternalServerError, String(error));
    assert.equal(error.status, 502);
  });
});

test("what the client throws without the server: an answer that takes too long", async () => {
  const asked = { model: model("anthropic", "ttft1500-n4"), max_tokens: 9, messages };
  const error = await failure(anthropic.messages.create(asked, { timeout: 300 }));
  assert.ok(error instanceof Anthropic.APIConnectionTimeoutError, String(error));
});
