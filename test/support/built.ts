/**
 * Before the system tests: builds `dist` unless it is newer than every source. Only one build runs
 * at a time, whoever asks.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
// @ts-expect-error Plain JavaScript, as it runs before anything is installed.
import { isFreshlyBuilt, noteBuild } from '../../scripts/fresh-build.mjs'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const cache = join(root, '.cache')

/** vitest's globalSetup. */
export default function setup(): void {
  mkdirSync(cache, { recursive: true })
  if (isFreshlyBuilt(root)) return
  const build = `node ${JSON.stringify(join(root, 'test/support/built.ts'))}`
  execFileSync('flock', [join(cache, 'build.lock'), 'sh', '-c', build], { cwd: root, stdio: 'inherit' })
}

// The part that runs while the lock is held. Another process may have built meanwhile.
if (import.meta.main && !isFreshlyBuilt(root)) {
  const startedAt = new Date()
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' })
  noteBuild(root, startedAt)
}
