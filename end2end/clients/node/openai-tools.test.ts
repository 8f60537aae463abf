// Tools and structured answers by OpenAI's chat completions.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import OpenAI from "openai";
import { zodFunction, zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";

import { failure, openai, run, words } from "./clients.js";
import { EMBEDDED, UPSTREAMS, model } from "./scripts.js";

const user = (content: string) => ({ role: "user" as const, content });

/** A tool as a script calls it: with the call's number. */
const clock = {
  type: "function" as const,
  function: {
    name: "clock",
    description: "Says what time it is.",
    parameters: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] },
  },
};

/** As `clock`, for helpers that run it. */
const runnable = (asked: number[]) =>
  zodFunction({
    name: "clock",
    description: "Says what time it is.",
    parameters: z.object({ n: z.number() }),
    function: ({ n }) => {
      asked.push(n);
      return "noon";
    },
  });

const Place = z.object({ city: z.string(), big: z.boolean() });
const OSLO = '{"city":"Oslo","big":false}';

for (const upstream of UPSTREAMS) {
  describe(`G1 tools, called by an upstream of ${upstream}`, () => {
    const asked = { model: model(upstream, "tool1"), messages: [user("What time is it?")], tools: [clock] };

    test("there and back", async () => {
      const { choices } = await openai.chat.completions.create(asked);
      const [choice] = choices;
      assert.equal(choice?.finish_reason, "tool_calls");
      assert.equal(choice.message.content, null);
      const [call] = choice.message.tool_calls ?? [];
      assert.ok(call?.type === "function" && call.id);
      assert.deepEqual([call.function.name, JSON.parse(call.function.arguments)], ["clock", { n: 0 }]);

      const answered = openai.chat.completions.create({
        ...asked,
        model: model(upstream, "n4"),
        messages: [...asked.messages, choice.message, { role: "tool", tool_call_id: call.id, content: "noon" }],
      });
      const { data, response } = await answered.withResponse();
      assert.equal(data.choices[0]?.message.content, words(4));
      const { request } = await run(response.headers.get("x-etude-run"));
      assert.deepEqual(request.messages.map((message) => message.role), ["user", "assistant", "tool"]);
      assert.equal(request.messages[2]?.content, "noon");
    });

    test("two at a time, in a stream", async () => {
      const stream = openai.chat.completions.stream({ ...asked, model: model(upstream, "tool2") });
      const done: string[] = [];
      stream.on("tool_calls.function.arguments.done", ({ index, name, arguments: json }) => {
        done.push(`${index} ${name} ${json}`);
      });
      const message = await stream.finalMessage();
      assert.deepEqual(done, ['0 clock {"n":0}', '1 clock {"n":1}']);
      assert.equal(new Set(message.tool_calls?.map((call) => call.id)).size, 2);
    });

    test("one that must be called", async () => {
      for (const tool_choice of ["required", { type: "function", function: { name: "clock" } }] as const) {
        const { choices } = await openai.chat.completions.create({ ...asked, tool_choice, parallel_tool_calls: false });
        assert.equal(choices[0]?.finish_reason, "tool_calls");
      }
    });

    for (const stream of [false, true] as const) {
      test(`run by the helper, ${stream ? "streamed" : "whole"}`, async () => {
        const seen: number[] = [];
        const params = { ...asked, tools: [runnable(seen)] };
        const options = { maxChatCompletions: 2 };
        const runner = stream
          ? openai.chat.completions.runTools({ ...params, stream }, options)
          : openai.chat.completions.runTools({ ...params, stream }, options);
        assert.equal(await runner.finalFunctionToolCallResult(), "noon");
        assert.deepEqual(seen, [0, 0]);
        const roles = runner.messages.map((message) => message.role);
        assert.deepEqual(roles, ["user", "assistant", "tool", "assistant", "tool"]);
      });
    }
  });

  describe(`G1 an answer of a form, by an upstream of ${upstream}`, () => {
    const asked = {
      model: model(upstream, "echo"),
      messages: [user(OSLO)],
      response_format: zodResponseFormat(Place, "place"),
    };

    test("parsed", async () => {
      const { choices } = await openai.chat.completions.parse(asked);
      assert.deepEqual(choices[0]?.message.parsed, { city: "Oslo", big: false });
    });

    test("parsed in a stream", async () => {
      const stream = openai.chat.completions.stream(asked);
      const done: unknown[] = [];
      stream.on("content.done", ({ parsed }) => done.push(parsed));
      const final = await stream.finalChatCompletion();
      assert.deepEqual(done, [{ city: "Oslo", big: false }]);
      assert.deepEqual(final.choices[0]?.message.parsed, { city: "Oslo", big: false });
    });

    test("cut by the limit is the helper's own error", async () => {
      const error = await failure(openai.chat.completions.parse({ ...asked, max_completion_tokens: 2 }));
      assert.ok(error instanceof OpenAI.OpenAIError, String(error));
      assert.match(String(error), /length limit/);
    });
  });
}

describe("H4 an answer of a form, by the embedded model", () => {
  const asked = {
    model: EMBEDDED,
    messages: [user("Is Oslo big? Answer in JSON.")],
    temperature: 0,
    max_tokens: 64,
    response_format: zodResponseFormat(z.object({ size: z.enum(["big", "small"]), sure: z.boolean() }), "answer"),
  };

  test("parsed, whole and in a stream", async () => {
    const whole = await openai.chat.completions.parse(asked);
    const final = await openai.chat.completions.stream(asked).finalChatCompletion();
    for (const { choices } of [whole, final]) {
      const parsed = choices[0]?.message.parsed;
      assert.ok(parsed && ["big", "small"].includes(parsed.size) && typeof parsed.sure === "boolean");
      assert.equal(choices[0]?.finish_reason, "stop");
    }
  });

  test("any JSON object", async () => {
    const { choices } = await openai.chat.completions.create({ ...asked, response_format: { type: "json_object" } });
    if (choices[0]?.finish_reason === "stop") JSON.parse(choices[0].message.content ?? "");
    assert.match(choices[0]?.message.content ?? "", /^\s*\{/);
  });

  // DEFECT 5
  test("A2 it cannot call tools, and says so by the field's name", async () => {
    const refused = { model: EMBEDDED, messages: [user("Hi")], tools: [clock] };
    const error = await failure(openai.chat.completions.create(refused));
    assert.ok(error instanceof OpenAI.BadRequestError, String(error));
    assert.equal(error.param, "tools");
  });
});
