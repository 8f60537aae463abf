// Vercel's AI SDK through its two providers, over OpenAI's chats and responses and Anthropic's messages.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { APICallError, type LanguageModel, Output, generateText, isStepCount, streamText, tool } from "ai";
import { z } from "zod";

import { failure, run, vercelAnthropic, vercelOpenai, words } from "./clients.js";
import { EMBEDDED, type Script, UPSTREAMS, model } from "./scripts.js";

// The provider for Anthropic warns of every model that is none of the vendor's.
globalThis.AI_SDK_LOG_WARNINGS = false;

/** The wires, by the model that speaks each. */
const WIRES: Record<string, (name: string) => LanguageModel> = {
  "OpenAI's chats": (name) => vercelOpenai.chat(name),
  "OpenAI's responses": (name) => vercelOpenai.responses(name),
  "Anthropic's messages": (name) => vercelAnthropic(name),
};

const prompt = "Say hello.";
const OSLO = '{"city":"Oslo","big":false}';
const output = Output.object({ schema: z.object({ city: z.string(), big: z.boolean() }) });
/** Left to itself, the provider asks a model that it does not know to call a tool with the object. */
const providerOptions = { anthropic: { structuredOutputMode: "outputFormat" } };

for (const [wire, speak] of Object.entries(WIRES)) {
  for (const upstream of UPSTREAMS) {
    const of = (script: Script) => speak(model(upstream, script));

    describe(`G1 ${wire}, answered by an upstream of ${upstream}`, () => {
      test("a text", async () => {
        const result = await generateText({ model: of("n4"), instructions: "Be short.", prompt });
        assert.equal(result.text, words(4));
        assert.equal(result.finishReason, "stop");
        assert.equal(result.usage.outputTokens, 4);
        assert.ok((result.usage.inputTokens ?? 0) > 0);
        const kept = await run(result.response.headers?.["x-etude-run"]);
        assert.deepEqual(kept.request.messages.map((message) => message.role), ["system", "user"]);
      });

      test("a text in a stream", async () => {
        const result = streamText({ model: of("n4"), prompt });
        const parts: string[] = [];
        for await (const part of result.textStream) parts.push(part);
        assert.equal(parts.join(""), words(4));
        assert.equal(await result.finishReason, "stop");
        assert.equal((await result.usage).outputTokens, 4);
      });

      test("a text cut by the limit", async () => {
        const result = await generateText({ model: of("n4"), prompt, maxOutputTokens: 2 });
        assert.deepEqual([result.text, result.finishReason], [words(2), "length"]);
      });

      // DEFECT 10, but for chats
      test("an object", async () => {
        const result = await generateText({ model: of("echo"), prompt: OSLO, output, providerOptions });
        assert.deepEqual(result.output, { city: "Oslo", big: false });
      });

      // DEFECT 10, but for chats
      test("an object in a stream", async () => {
        const result = streamText({ model: of("echo"), prompt: OSLO, output, providerOptions });
        let last: unknown;
        for await (const partial of result.partialOutputStream) last = partial;
        assert.deepEqual(last, { city: "Oslo", big: false });
        assert.deepEqual(await result.output, { city: "Oslo", big: false });
      });

      for (const how of ["whole", "streamed"]) {
        test(`tools in several steps, ${how}`, async () => {
          const seen: number[] = [];
          const clock = tool({
            description: "Says what time it is.",
            inputSchema: z.object({ n: z.number() }),
            execute: ({ n }) => {
              seen.push(n);
              return "noon";
            },
          });
          const asked = {
            model: of("tool2"),
            prompt: "What time is it?",
            tools: { clock },
            stopWhen: isStepCount(3),
            // The script calls its tools each time that it is asked.
            prepareStep: ({ stepNumber }: { stepNumber: number }) => ({ model: of(stepNumber === 0 ? "tool2" : "n4") }),
          };
          const result = how === "whole" ? await generateText(asked) : streamText(asked);
          assert.equal(await result.text, words(4));
          assert.deepEqual(seen, [0, 1]);
          const steps = await result.steps;
          assert.deepEqual(steps.map((step) => step.finishReason), ["tool-calls", "stop"]);
          assert.deepEqual(steps[0]?.toolResults.map((result) => result.output), ["noon", "noon"]);
          const { request } = await run(steps[1]?.response.headers?.["x-etude-run"]);
          assert.deepEqual(request.messages.map((message) => message.role), ["user", "assistant", "tool", "tool"]);
        });
      }

      // DEFECT 3, of responses
      test("a conversation that goes on", async () => {
        const first = await generateText({ model: of("n4-think3"), prompt });
        const messages = [
          { role: "user" as const, content: prompt },
          ...first.responseMessages,
          { role: "user" as const, content: "And?" },
        ];
        const second = await generateText({ model: of("n4"), messages });
        assert.equal(second.text, words(4));
        const { request } = await run(second.response.headers?.["x-etude-run"]);
        assert.deepEqual(request.messages.map((message) => message.role), ["user", "assistant", "user"]);
      });

      test("G2 an error, tried again or not", async () => {
        const statuses = [["status400", 400, false], ["status429", 429, true], ["status503", 503, true]] as const;
        for (const [script, status, isRetryable] of statuses) {
          const error = await failure(generateText({ model: of(script), prompt, maxRetries: 0 }));
          assert.ok(APICallError.isInstance(error), String(error));
          assert.deepEqual([error.statusCode, error.isRetryable], [status, isRetryable]);
          assert.match(error.message, /The mock fails as it was told to/);
        }
      });

      test("B5 an error in the middle of a stream", async () => {
        const errors: unknown[] = [];
        const onError = ({ error }: { error: unknown }) => void errors.push(error);
        const result = streamText({ model: of("err2-n5"), prompt, maxRetries: 0, onError });
        let text = "";
        for await (const part of result.stream) if (part.type === "text-delta") text += part.text;
        assert.equal(text, "w0 w1");
        assert.equal(errors.length, 1);
        assert.match(JSON.stringify(errors[0]) + String(errors[0]), /The mock fails as it was told to/);
      });
    });
  }

  describe(`G1 ${wire}, answered by the embedded model`, () => {
    const asked = { model: speak(EMBEDDED), prompt, temperature: 0, maxOutputTokens: 16 };

    test("a text, whole and streamed, as it is kept", async () => {
      for (const result of [await generateText(asked), streamText(asked)]) {
        const text = await result.text;
        assert.ok(text);
        assert.equal((await run((await result.response).headers?.["x-etude-run"])).output.text, text);
      }
    });

    test("H4 an object", async () => {
      const size = Output.object({ schema: z.object({ size: z.enum(["big", "small"]) }) });
      const formed = { ...asked, prompt: "Is Oslo big? Answer in JSON.", maxOutputTokens: 64 };
      const result = await generateText({ ...formed, output: size, providerOptions });
      assert.ok(["big", "small"].includes(result.output.size));
    });
  });
}

for (const upstream of UPSTREAMS) {
  test(`G1 an object as the arguments of a forced tool, of an upstream of ${upstream}`, async () => {
    const numbered = Output.object({ schema: z.object({ n: z.number() }) });
    const asked = { model: vercelAnthropic(model(upstream, "tool1")), prompt, output: numbered };
    assert.deepEqual((await generateText(asked)).output, { n: 0 });
    assert.deepEqual(await streamText(asked).output, { n: 0 });
  });

  test(`G1 what a model of an upstream of ${upstream} thought is told apart`, async () => {
    const asked = { model: vercelAnthropic(model(upstream, "n4-think3")), prompt };
    const whole = await generateText(asked);
    assert.deepEqual([whole.text, whole.reasoningText], [words(4), words(3, "t")]);
    assert.equal(await streamText(asked).reasoningText, words(3, "t"));
  });
}
