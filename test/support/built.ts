/** Before the system tests: `dist` is built unless it is newer than every source. One build at a time, whoever asks. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const cache = join(root, '.cache')
const stamp = join(cache, 'built')

/** vitest's globalSetup. */
export default function setup(): void {
  mkdirSync(cache, { recursive: true })
  if (isFresh()) return
  const build = `node ${JSON.stringify(join(root, 'test/support/built.ts'))}`
  execFileSync('flock', [join(cache, 'build.lock'), 'sh', '-c', build], { cwd: root, stdio: 'inherit' })
}

function isFresh(): boolean {
  const main = join(root, 'dist', 'main.js')
  const builtAt = Math.min(changedAt(stamp), changedAt(main))
  const sources = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|json)$/.test(entry.name) && !/\.(test|contract)\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
  const settings = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json'].map((name) => join(root, name))
  return [...sources, ...settings].every((file) => changedAt(file) < builtAt)
}

function changedAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

// The part that runs while the lock is held; another may have built meanwhile.
if (import.meta.main && !isFresh()) {
  const startedAt = new Date()
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' })
  writeFileSync(stamp, `${startedAt.toISOString()}\n`)
}
