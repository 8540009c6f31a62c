// The same requests as oprf_tool.c, answered by @noble/curves.
// node oprf_oracle.mjs FOLDER, in whose node_modules that package is.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto; // node 18 does not set it
const require = createRequire(pathToFileURL(process.argv[2] + "/x.js"));
const { ristretto255, ristretto255_oprf } = await import(
  pathToFileURL(require.resolve("@noble/curves/ed25519.js"))
);
const { voprf } = ristretto255_oprf;
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (value) => Buffer.from(value).toString("hex");
const publicKey = (secret) => {
  const Fn = ristretto255.Point.Fn;
  return ristretto255.Point.BASE.multiply(Fn.fromBytes(secret)).toBytes();
};

const requests = {
  keys() {
    const { secretKey, publicKey } = voprf.generateKeyPair();
    return [secretKey, publicKey];
  },
  blind(input) {
    const { blind, blinded } = voprf.blind(bytes(input));
    return [blind, blinded];
  },
  evaluate(secret, ...blinded) {
    const key = bytes(secret);
    const made = voprf.blindEvaluateBatch(
      key, publicKey(key), blinded.map(bytes));
    return [made.proof, ...made.evaluated];
  },
  // All of a batch: public key, proof, then INPUT BLIND BLINDED EVALUATED each.
  finalize(key, proof, ...rest) {
    const items = [];
    for (let i = 0; i < rest.length; i += 4)
      items.push({
        input: bytes(rest[i]), blind: bytes(rest[i + 1]),
        blinded: bytes(rest[i + 2]), evaluated: bytes(rest[i + 3]),
      });
    return voprf.finalizeBatch(items, bytes(key), bytes(proof));
  },
  output(secret, input) {
    return [voprf.evaluate(bytes(secret), bytes(input))];
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...words] = line.trim().split(" ");
  let answer;
  try {
    answer = requests[name](...words).map(hex).join(" ");
  } catch (error) {
    answer = "refused " + error.message.replaceAll("\n", " ");
  }
  process.stdout.write(answer + "\n");
}
