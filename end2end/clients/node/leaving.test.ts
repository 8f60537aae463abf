// A client that goes away: its run is cancelled after 5 s, and what had come is kept.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import Anthropic from "@anthropic-ai/sdk";
import { streamText } from "ai";
import OpenAI from "openai";

import { anthropic, endedWithin, failure, lastRun, openai, run, vercelOpenai } from "./clients.js";
import { EMBEDDED, UPSTREAMS, model } from "./scripts.js";

/** The 5 s that a reader may be away, and 2 s for the rest. */
const GONE_MS_MAX = 7_000;

const names = [...UPSTREAMS.map((upstream) => model(upstream, "n200-rate20")), EMBEDDED];
const messages = [{ role: "user" as const, content: "Write a long story." }];
const limit = { max_tokens: 1_000 };

/** That a run ends cancelled, with what had come. */
async function isCancelled(id: string | null | undefined): Promise<void> {
  const ended = await endedWithin(id, GONE_MS_MAX);
  assert.deepEqual([ended.status, ended.finish_reason], ["cancelled", "cancelled"]);
  assert.ok(ended.output.text);
}

/** Waits until the only run of a model has said something. */
async function untilItSpeaks(name: string): Promise<void> {
  for (;;) {
    const id = await lastRun(name);
    if (id && (await run(id)).output.text) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("B4 who leaves has their run cancelled", { concurrency: true }, () => {
  for (const name of names) {
    test(`a chat of ${name}, by its signal`, async () => {
      const leave = new AbortController();
      const asked = openai.chat.completions.create(
        { model: name, messages, ...limit, stream: true },
        { signal: leave.signal },
      );
      const { data, response } = await asked.withResponse();
      for await (const chunk of data) if (chunk.choices[0]?.delta.content) leave.abort();
      await isCancelled(response.headers.get("x-etude-run"));
    });

    test(`a chat of ${name}, by breaking off its loop`, async () => {
      const asked = openai.chat.completions.create({ model: name, messages, ...limit, stream: true });
      const { data, response } = await asked.withResponse();
      for await (const chunk of data) if (chunk.choices[0]?.delta.content) break;
      await isCancelled(response.headers.get("x-etude-run"));
    });

    test(`a response of ${name}, by the helper`, async () => {
      const asked = { model: name, input: "Write a long story.", max_output_tokens: 1_000 };
      const stream = openai.responses.stream(asked);
      let id = "";
      stream.on("response.created", ({ response }) => (id = response.id.replace("resp_", "run_")));
      stream.on("response.output_text.delta", () => stream.abort());
      assert.ok((await failure(stream.finalResponse())) instanceof OpenAI.APIUserAbortError);
      await isCancelled(id);
    });

    test(`a message of ${name}, by the helper`, async () => {
      const stream = anthropic.messages.stream({ model: name, messages, ...limit });
      stream.on("text", () => stream.abort());
      const { response } = await stream.withResponse();
      assert.ok((await failure(stream.finalMessage())) instanceof Anthropic.APIUserAbortError);
      await isCancelled(response.headers.get("x-etude-run"));
    });
  }

  // Neither client is told the run's id before it leaves; no other test asks for these models.
  for (const upstream of UPSTREAMS) {
    test(`a chat that was waited for whole, of an upstream of ${upstream}`, async () => {
      const name = model(upstream, "n201-rate20");
      const leave = new AbortController();
      const asked = { model: name, messages, ...limit };
      const error = failure(openai.chat.completions.create(asked, { signal: leave.signal }));
      await untilItSpeaks(name);
      leave.abort();
      assert.ok((await error) instanceof OpenAI.APIUserAbortError, String(await error));
      await isCancelled(await lastRun(name));
    });

    test(`a text of Vercel's, of an upstream of ${upstream}`, async () => {
      const name = model(upstream, "n202-rate20");
      const leave = new AbortController();
      const asked = { model: vercelOpenai.chat(name), messages, maxOutputTokens: 1_000, abortSignal: leave.signal };
      for await (const part of streamText(asked).stream) if (part.type === "text-delta") leave.abort();
      await isCancelled(await lastRun(name));
    });
  }
});
