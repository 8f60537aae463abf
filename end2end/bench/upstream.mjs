// An upstream for one long answer, in a thread of its own: OpenAI's wire, mixed Markdown, at a pace that changes with
// what was said. The scripted upstream has one pace for all of an answer, and repeats only what stands in the prompt.

import { once } from "node:events";
import { createServer } from "node:http";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { markdown } from "./text.mjs";

const TICK_MS = 5;

/** Starts it: `courses` has for each model its `tokens` and the `paces` [from which token, how many a second]. */
export async function upstream(courses, tokenChars) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { courses, tokenChars } });
  const [addr] = await once(worker, "message");
  return { addr, stop: () => worker.terminate() };
}

function serve({ courses, tokenChars }) {
  const server = createServer(async (request, response) => {
    if (request.method !== "POST") {
      const data = Object.keys(courses).map((id) => ({ id, object: "model", owned_by: "bench" }));
      return response.setHeader("content-type", "application/json").end(JSON.stringify({ object: "list", data }));
    }
    let body = "";
    for await (const part of request) body += part;
    response.setHeader("content-type", "text/event-stream");
    play(response, courses[JSON.parse(body).model]);
  });
  server.listen(0, "127.0.0.1", () => parentPort.postMessage(`127.0.0.1:${server.address().port}`));

  function play(response, { tokens, paces }) {
    const text = markdown(tokens * tokenChars);
    const chunk = (rest) => `data: ${JSON.stringify({ id: "bench", object: "chat.completion.chunk", created: 0, model: "bench", ...rest })}\n\n`;
    const choice = (delta, reason = null) => chunk({ choices: [{ index: 0, delta, finish_reason: reason }] });
    response.write(choice({ role: "assistant" }));
    let [said, due, last] = [0, 0, performance.now()];
    const timer = setInterval(() => {
      const now = performance.now();
      const pace = paces.findLast(([from]) => from <= said)[1];
      due += (pace * (now - last)) / 1_000;
      last = now;
      let piece = "";
      for (; due >= 1 && said < tokens; due -= 1, said += 1) piece += choice({ content: text.slice(said * tokenChars, (said + 1) * tokenChars) });
      if (response.destroyed) return clearInterval(timer);
      if (piece) response.write(piece);
      if (said < tokens) return;
      clearInterval(timer);
      response.write(choice({}, "stop") + chunk({ choices: [], usage: { prompt_tokens: 9, completion_tokens: tokens, total_tokens: tokens + 9 } }));
      response.end("data: [DONE]\n\n");
    }, TICK_MS);
  }
}

if (!isMainThread) serve(workerData);
