// Prints what a build consists of as CycloneDX 1.6: the Go modules that the binary says it was made of, and the npm
// packages of the web apps that web/package-lock.json pins. It asks nobody.
// usage: node scripts/sbom.mjs BINARY
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const binary = process.argv[2];
if (!binary) {
  console.error('usage: node scripts/sbom.mjs BINARY');
  process.exit(2);
}

const lines = execFileSync('go', ['version', '-m', binary], { encoding: 'utf8' }).split('\n');
const fields = lines.map((line) => line.split('\t').filter((f) => f !== ''));
const toolchain = lines[0].split(' ').at(-1);

const go = [];
for (const [kind, name, version, sum] of fields) {
  if (kind === 'dep') go.push({ name, version, sum });
  if (kind === '=>') Object.assign(go.at(-1), { name, version, sum }); // what was taken instead
}

const npm = Object.entries(JSON.parse(readFileSync('web/package-lock.json', 'utf8')).packages)
  .filter(([path, p]) => path.includes('node_modules/') && !p.dev && !p.link && p.version)
  .map(([path, p]) => ({ name: path.slice(path.lastIndexOf('node_modules/') + 13), ...p }));

function goComponent({ name, version, sum }) {
  const purl = `pkg:golang/${name}@${version}`;
  const properties = sum ? [{ name: 'go:sum', value: sum }] : [];
  return { type: 'library', 'bom-ref': purl, name, version, purl, properties };
}

function npmComponent({ name, version, license, integrity }) {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const c = { type: 'library', 'bom-ref': purl, name, version, purl };
  if (license) c.licenses = [{ expression: license }];
  const sha512 = integrity?.match(/^sha512-(.+)$/)?.[1];
  if (sha512) c.hashes = [{ alg: 'SHA-512', content: Buffer.from(sha512, 'base64').toString('hex') }];
  return c;
}

const components = [
  { type: 'library', 'bom-ref': 'pkg:golang/std', name: 'std', version: toolchain, purl: `pkg:golang/std@${toolchain}` },
  ...go.map(goComponent),
  ...npm.map(npmComponent),
];
const once = [...new Map(components.map((c) => [c['bom-ref'], c])).values()];
const bom = {
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  version: 1,
  metadata: {
    component: {
      type: 'application',
      'bom-ref': 'hawker',
      name: 'hawker',
      version: process.env.VERSION || 'unreleased',
      hashes: [{ alg: 'SHA-256', content: createHash('sha256').update(readFileSync(binary)).digest('hex') }],
    },
  },
  components: once,
  dependencies: [{ ref: 'hawker', dependsOn: once.map((c) => c['bom-ref']) }],
};
console.log(JSON.stringify(bom, null, 2));
console.error(`${go.length} Go modules, ${npm.length} npm packages`);
