/**
 * `npm run verify`: every check and test, starting from a fresh checkout. Installs what it needs
 * (Debian packages only as root), continues after a failure so that one run shows everything, and
 * ends with `N passed, N failed, N skipped` alone on a line. Exits 0 only if nothing failed and
 * something ran. Plain JavaScript for Node 18 and later, because it runs before anything is
 * installed.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { installPackages } from './debian-packages.mjs'
import { ownEnv, prepare, root, run } from './prepare.mjs'
import { readResults } from './test-results.mjs'

const results = join(root, '.cache', 'verify')
const bin = (name) => join(root, 'node_modules', '.bin', name)

const checks = [
  { name: 'lint', command: [bin('biome'), 'check', '--error-on-warnings', '.'] },
  { name: 'types', command: [bin('tsc'), '-p', 'tsconfig.json'] },
  { name: 'unused code', command: [bin('knip')] },
]
// The short form of the properties is left out, because all of them run too.
const suites = [
  { project: 'unit', more: ['--exclude=**/*.properties.test.ts'] },
  { project: 'properties', more: [] },
  { project: 'system', more: [] },
  { project: 'clients', more: [] },
]

const steps = []
let passed = 0
const failures = []
const skips = []

async function step(name, work) {
  process.stdout.write(`\n── ${name}\n`)
  const startedAt = Date.now()
  let problem
  try {
    problem = await work()
  } catch (error) {
    problem = error.message
  }
  steps.push({ name, seconds: (Date.now() - startedAt) / 1000, problem })
  if (problem) process.stdout.write(`${name}: ${problem}\n`)
  return problem
}

/** A check that is not a test counts as one failure if it fails, and not at all if it passes. */
async function check({ name, command: [file, ...args] }) {
  const problem = await step(name, async () => {
    const code = await run(file, args)
    return code === 0 ? undefined : `ended with ${code}`
  })
  if (problem) failures.push(`${name}: ${problem}`)
}

async function test({ project, more }) {
  const file = join(results, `${project}.json`)
  const args = [
    'run',
    '--project',
    project,
    ...more,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ]
  let code
  await step(`${project} tests`, async () => {
    code = await run(bin('vitest'), args, { env: ownEnv({ CI: 'true' }) })
    return code === 0 ? undefined : `ended with ${code}`
  })
  const told = readResults(file, root)
  passed += told.passed
  skips.push(...told.skipped)
  failures.push(...told.failed)
  // A run that fails for another reason than a test (an error outside of tests, nothing found to
  // run) is not a success either.
  if (code !== 0 && told.failed.length === 0)
    failures.push(
      `the ${project} tests ended with ${code}, and no test failed: see "error" above, or what they left behind`,
    )
  if (code === 0 && told.passed === 0) failures.push(`no ${project} test ran`)
}

rmSync(results, { recursive: true, force: true })
mkdirSync(results, { recursive: true })
let ready = false
await step('prepare', async () => {
  await prepare()
  ready = true
})
if (ready) {
  const missing = await step('packages', () => {
    const installed = installPackages()
    if (installed.length > 0) process.stdout.write(`installed ${installed.join(', ')}\n`)
  })
  if (missing) failures.push(missing)
  for (const one of checks) await check(one)
  for (const suite of suites) await test(suite)
} else failures.push('the checkout could not be prepared')

summarise()
process.exitCode = failures.length > 0 || passed === 0 ? 1 : 0

function summarise() {
  process.stdout.write('\n── summary\n')
  for (const { name, seconds, problem } of steps)
    process.stdout.write(`${problem ? 'failed' : 'ok    '}  ${seconds.toFixed(1).padStart(7)} s  ${name}\n`)
  if (skips.length > 0) process.stdout.write(`\nskipped:\n${skips.map((name) => `  ${name}\n`).join('')}`)
  if (failures.length > 0) process.stdout.write(`\nfailed:\n${failures.map((name) => `  ${name}\n`).join('')}`)
  process.stdout.write(`\n${passed} passed, ${failures.length} failed, ${skips.length} skipped\n`)
}
