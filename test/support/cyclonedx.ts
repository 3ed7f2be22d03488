import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';

/** The errors by the published schema of CycloneDX 1.6; empty where the document is valid. */
export async function cyclonedxFaults(): Promise<(document: unknown) => unknown> {
  const manifest = createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library/package.json');
  const folder = new URL('res/schema/', `file://${manifest}`);
  const schema = async (name: string) => {
    const text = await readFile(new URL(`${name}.SNAPSHOT.schema.json`, folder), 'utf8');
    return { ...JSON.parse(text), $id: `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json` };
  };
  const ajv = new Ajv({ strict: false, validateFormats: false });
  for (const name of ['spdx', 'jsf-0.82', 'cryptography-defs']) ajv.addSchema(await schema(name));
  const validate = ajv.compile(await schema('bom-1.6'));
  return (document) => (validate(document) ? null : validate.errors);
}
