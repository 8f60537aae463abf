// The vendors' clients, pointed at the server, and what the tests ask the server itself.

import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

const url = needed("ETUDE_URL");
const counterUrl = needed("ETUDE_COUNTER_URL");

/** How long an answer may take, in milliseconds. */
const TIMEOUT_MS = 20_000;

/** OpenAI's client; it does not try again unless it is told to. */
export const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: "any", maxRetries: 0, timeout: TIMEOUT_MS });

/** Anthropic's client; it does not try again unless it is told to. */
export const anthropic = new Anthropic({ baseURL: url, apiKey: "any", maxRetries: 0, timeout: TIMEOUT_MS });

/** Vercel's providers. */
export const vercelOpenai = createOpenAI({ baseURL: `${url}/v1`, apiKey: "any" });
export const vercelAnthropic = createAnthropic({ baseURL: `${url}/v1`, apiKey: "any" });

/** A run, as far as the tests look at it. */
export type Run = {
  id: string;
  status: string;
  finish_reason: string | null;
  output: { text: string };
  request: { messages: { role: string; content: unknown }[] };
};

/** The run that was started last for a model that no other test asks for. */
export async function lastRun(name: string): Promise<string | undefined> {
  const answer = await fetch(`${url}/v1/runs?limit=1&model=${name}`);
  const { data } = (await answer.json()) as { data: { id: string }[] };
  return data[0]?.id;
}

/** A run as the server keeps it, by the id that an answer's header gave. */
export async function run(id: string | null | undefined): Promise<Run> {
  if (!id) throw new Error("the answer names no run");
  const answer = await fetch(`${url}/v1/runs/${id}`);
  if (!answer.ok) throw new Error(`GET /v1/runs/${id}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Run;
}

/** What was sent to a run's provider. */
export async function sent(id: string | null | undefined): Promise<{ headers: Record<string, string>; body: string }> {
  const answer = await fetch(`${url}/v1/runs/${id}/wire`);
  return ((await answer.json()) as { request: { headers: Record<string, string>; body: string } }).request;
}

/** A run once it has ended: a reader of its log would keep it alive, so it is asked for again and again. */
export async function endedWithin(id: string | null | undefined, ms: number): Promise<Run> {
  const deadline = Date.now() + ms;
  for (;;) {
    const state = await run(id);
    if (!["queued", "running"].includes(state.status) || Date.now() > deadline) return state;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** How many answers the counting mock was asked for. */
export async function calls(): Promise<number> {
  const counts = (await (await fetch(`${counterUrl}/mock/counts`)).json()) as { calls: number };
  return counts.calls;
}

/** The numbered words that a script says. */
export const words = (count: number, word = "w"): string =>
  Array.from({ length: count }, (_, index) => `${word}${index}`).join(" ");

/** What a promise was rejected with. */
export async function failure(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}

function needed(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the tests by \`npm test\``);
  return value;
}
