// The models that the tests ask for. A scripted model's name is its script; see `server/src/mock/script.rs`.

export const SCRIPTS = [
  "n4",
  "n9",
  "n4-think3",
  "n4-filter",
  "tool1",
  "tool2",
  "echo",
  "echo-tool1",
  "err2-n5",
  "cut3-n5",
  "n200-rate20",
  // For one test each.
  "n201-rate20",
  "n202-rate20",
  "n4-rate20",
  "ttft1500-n4",
  "status400",
  "status401",
  "status403",
  "status404",
  "status413",
  "status422",
  "status429",
  "status429-retry1",
  "status500",
  "status503",
  "status529",
] as const;

export type Script = (typeof SCRIPTS)[number];

/** Who answers in the end. */
export type Upstream = "openai" | "anthropic";

export const UPSTREAMS: readonly Upstream[] = ["openai", "anthropic"];

/** The embedded model. */
export const EMBEDDED = "smollm2-135m-instruct";

/** What clients call a script that is played on an upstream's wire. */
export const model = (upstream: Upstream, script: Script): string => `${upstream}-${script}`;

/** As `model`, on a mock of its own, whose counts no other test changes. */
export const counted = (upstream: Upstream, script: Script): string => `counted-${upstream}-${script}`;

/** As `model`, by way of a recorder that keeps what is sent. */
export const recordedModel = (upstream: Upstream, script: Script): string => `recorded-${upstream}-${script}`;

/** As `recordedModel`, at the upstream's own address, which the recorder stands in for. */
export const ownModel = (upstream: Upstream, script: Script): string => `own-${upstream}-${script}`;

/** The server's configuration, for the addresses of the mocks and of the recorder. */
export function config(mock: string, counter: string, recorder: string): string {
  const providers = [
    ["openai", "openai", `${mock}/v1`],
    ["anthropic", "anthropic", mock],
    ["counted-openai", "openai", `${counter}/v1`],
    ["counted-anthropic", "anthropic", counter],
    ["recorded-openai", "openai", `${recorder}/v1`],
    ["recorded-anthropic", "anthropic", recorder],
    ["own-openai", "openai", "https://api.openai.com/v1"],
    ["own-anthropic", "anthropic", "https://api.anthropic.com"],
    // Nobody listens there.
    ["nowhere", "openai", "http://127.0.0.1:9/v1"],
  ] as const;
  const tables = providers.map(([name, kind, url]) => {
    const lines = [`name = "${name}"`, `kind = "${kind}"`, `base_url = "${url}"`, `api_key = "sk-test"`];
    return `[[provider]]\n${lines.join("\n")}\n`;
  });
  for (const [provider] of providers) {
    // At OpenAI's own address, others than this family would refuse some of what is asked.
    const family = provider.startsWith("own-") ? "gpt-5.1-mock" : "mock";
    for (const script of SCRIPTS) {
      const upstream = `${family}-${script}`;
      tables.push(`[[model]]\nname = "${provider}-${script}"\nprovider = "${provider}"\nupstream = "${upstream}"\n`);
    }
  }
  // More at a time than the tests ever start.
  tables.push(`[[tier]]\nname = "default"\nconcurrent_runs = 200\n`);
  return tables.join("\n");
}
