// Markdown of the kind that models write: no part is larger than what comes in an answer.

const PARTS = [
  (n) => `## ${n}. What the river carries\n\n`,
  (n) => `The water of spring ${n} is **cold and clear**, and what it carries is *fine*: silt, leaves, a little \`sand\` and whatever the bank lets go of. Nobody counts the grains; they are found again at the mouth, where [the delta](https://example.com/delta/${n}) grows by a hand's breadth each year.\n\n`,
  (n) => `- a first point, with **weight** ${n}\n- a second one that goes on for a while, so that it is broken into more than one line on most screens\n  - and one below it\n- a third\n\n`,
  (n) => "```rust\n" + `/// Adds up what passed gate ${n}.\nfn total(flows: &[f64]) -> f64 {\n    flows.iter().filter(|flow| **flow > 0.0).sum::<f64>() * ${n}.0\n}\n` + "```\n\n",
  (n) => `| gate | flow | held |\n|---|--:|:-:|\n| north | ${n}.25 | yes |\n| south | ${n + 3}.5 | no |\n| east | 0 | yes |\n\n`,
  (n) => `> What is slow to come is slow to go. (${n})\n\n`,
  (n) => `1. Measure at dawn.\n2. Write down ${n} values.\n3. Compare them with those of the day before, line by line.\n\n`,
  (n) => `The flow is $Q_{${n}} = A \\cdot v$, and the sum over all gates is small.\n\n`,
];

/** So many characters of it. */
export function markdown(length) {
  let text = "";
  for (let n = 1; text.length < length; n += 1) for (const part of PARTS) text += part(n);
  return text.slice(0, length);
}

/** So many characters of it, of whose words one in thirty is another one for each `variant` but the first. */
export function changed(length, variant) {
  const words = markdown(length).split(" ");
  return words.map((word, place) => (variant && place % 30 === variant ? `${word}-${variant}` : word)).join(" ");
}
