/**
 * `npm run release:check` tells whether the checkout is ready to be released
 * (docs/develop/release.md). Runs all checks, reports what is wrong with each, and exits 0 only if
 * nothing is.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { changelogFaults } from './release/changelog.ts'
import { contentFaults } from './release/package-contents.ts'
import { install, type Packed, pack } from './release/packed.ts'
import { runJob } from './release/trial.ts'
import { versionFaults } from './release/version.ts'

const root = dirname(import.meta.dirname)
const read = (name: string) => readFileSync(join(root, name), 'utf8')
const git = (...args: string[]) =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '')

const { version } = JSON.parse(read('package.json')) as { version: string }
const folder = mkdtempSync(join(tmpdir(), 'openbatch-release-'))
let packed: Packed | undefined
let command: string | undefined
let isReady = true

process.stdout.write(`openbatch ${version}\n`)
try {
  await check('the version is new', () => versionFaults(version, git('tag', '--list')))
  await check('the lock file is of this version', () => {
    const locked = JSON.parse(read('package-lock.json')) as { version: string }
    return locked.version === version ? [] : [`package-lock.json: the version is ${locked.version}`]
  })
  await check('the change log is ready', () => changelogFaults(read('CHANGELOG.md'), version))
  await check('the tree is clean', () => git('status', '--porcelain').map((line) => `not committed: ${line}`))
  await check('the package holds what it should', () => {
    packed = pack(root, folder)
    return contentFaults(packed.paths)
  })
  await check('it installs into an empty folder', () => {
    if (!packed) return ['there is no package']
    command = install(packed.tarball, join(folder, 'empty'))
    return []
  })
  await check('it runs a job', async () => {
    if (!command) return ['nothing is installed']
    await runJob(command, folder)
    return []
  })
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.stdout.write(isReady ? 'ready to be released\n' : 'not ready to be released\n')
process.exitCode = isReady ? 0 : 1

async function check(name: string, work: () => string[] | Promise<string[]>): Promise<void> {
  let faults: string[]
  try {
    faults = await work()
  } catch (error) {
    faults = [error instanceof Error ? error.message : String(error)]
  }
  if (faults.length > 0) isReady = false
  process.stdout.write(`${faults.length > 0 ? 'failed' : 'ok    '}  ${name}\n`)
  for (const fault of faults) process.stdout.write(`        ${fault}\n`)
}
