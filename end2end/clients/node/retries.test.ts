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

/** The calls that the mock got while something was asked for in vain. */
async function tried(asked: () => PromiseLike<unknown>): Promise<[number, unknown]> {
  const before = await calls();
  const error = await failure(asked());
  return [(await calls()) - before, error];
}

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

    for (const stream of [false, true]) {
      const how = stream ? "streamed" : "whole";
      test(`G2 ${script} of an upstream of ${upstream}, ${how}, makes ${want} calls by OpenAI's client`, async () => {
        const chat = openai.chat.completions;
        const [count, error] = await tried(() => chat.create({ model: name, messages, stream }, { maxRetries }));
        assert.ok(error instanceof OpenAI.APIError, String(error));
        assert.equal(count, want);
      });

      test(`G2 ${script} of an upstream of ${upstream}, ${how}, makes ${want} calls by Anthropic's client`, async () => {
        const asked = { model: name, max_tokens: 9, messages, stream };
        const [count, error] = await tried(() => anthropic.messages.create(asked, { maxRetries }));
        assert.ok(error instanceof Anthropic.APIError, String(error));
        assert.equal(count, want);
      });
    }
  }

  test(`F3 the clients wait as long as an upstream of ${upstream} says`, async () => {
    const name = counted(upstream, "status429-retry1");
    for (const ask of [
      () => openai.chat.completions.create({ model: name, messages }, { maxRetries: 1 }),
      () => anthropic.messages.create({ model: name, max_tokens: 9, messages }, { maxRetries: 1 }),
    ]) {
      const begun = performance.now();
      const [count] = await tried(ask);
      const waited = performance.now() - begun;
      assert.equal(count, 2);
      assert.ok(waited >= 1_000 && waited < 1_900, `waited ${waited} ms`);
    }
  });
}
