// How often the clients try again, as the mock that only these tests use has counted it. The tests of this file run one
// after the other, or the counts would mix.

import assert from "node:assert/strict";
import { test } from "node:test";

import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

import { anthropic, calls, failure, openai } from "./clients.js";
import { type Script, UPSTREAMS, counted } from "./scripts.js";

const messages = [{ role: "user" as const, content: "Hi" }];
const maxRetries = 2;

/** Whether a failure is tried again. */
const FAILURES: [Script, boolean][] = [
  ["status400", false],
  ["status401", false],
  ["status422", false],
  ["status429", true],
  ["status500", true],
  ["status529", true],
];

for (const upstream of UPSTREAMS) {
  for (const [script, again] of FAILURES) {
    const name = counted(upstream, script);
    const want = again ? 1 + maxRetries : 1;

    test(`G2 ${script} of an upstream of ${upstream} makes ${want} calls, whole and streamed`, async () => {
      const asks = [false, true].flatMap((stream) => [
        () => openai.chat.completions.create({ model: name, messages, stream }, { maxRetries }),
        () => openai.responses.create({ model: name, input: "Hi", stream }, { maxRetries }),
        () => anthropic.messages.create({ model: name, max_tokens: 9, messages, stream }, { maxRetries }),
      ]);
      const before = await calls();
      const errors = await Promise.all(asks.map((ask) => failure(ask())));
      for (const error of errors) {
        assert.ok(error instanceof OpenAI.APIError || error instanceof Anthropic.APIError, String(error));
        assert.match(error.message, /The mock fails as it was told to/);
      }
      assert.equal((await calls()) - before, want * asks.length);
    });
  }

  test(`F3 the clients wait as long as an upstream of ${upstream} says`, async () => {
    const name = counted(upstream, "status429-retry1");
    const before = await calls();
    const waits = [
      () => openai.chat.completions.create({ model: name, messages }, { maxRetries: 1 }),
      () => anthropic.messages.create({ model: name, max_tokens: 9, messages }, { maxRetries: 1 }),
    ].map(async (ask) => {
      const begun = performance.now();
      await failure(ask());
      return performance.now() - begun;
    });
    for (const waited of await Promise.all(waits)) {
      // Left to themselves they would wait half a second at most.
      assert.ok(waited >= 1_000 && waited < 3_000, `waited ${waited} ms`);
    }
    assert.equal((await calls()) - before, 2 * waits.length);
  });
}
