/** `openbatch serve` on a terminal: its log is readable text there, and JSON everywhere else. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { removeLeftovers } from '../support/leftovers.ts'
import { openbatchCommand } from '../support/openbatch-server.ts'

test.each([
  ['on a terminal it is readable', true, /^\d\d:\d\d:\d\d info {5}\S.+$/m],
  ['into a pipe it is JSON', false, /^\{"level":30,.+\}$/m],
])('%s', async (_what, onTerminal, form) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'openbatch-terminal-'))
  const command = `${openbatchCommand} serve --data-dir ${dataDir} --port 0 --driver scripted`
  // script(1) gives the command a terminal of its own.
  const [file, ...args] = onTerminal ? ['script', '-qec', command, '/dev/null'] : ['sh', '-c', `exec ${command}`]
  const child = spawn(file!, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, OPENBATCH_LOG_LEVEL: 'info' },
  })
  let out = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      out += text.replaceAll('\r', '')
    })
  const closed = once(child, 'close')
  try {
    await eventually('it serves', () => /^ready http/m.test(out))
    process.kill((JSON.parse(readFileSync(join(dataDir, 'server.json'), 'utf8')) as { pid: number }).pid, 'SIGTERM')
    await closed
    expect(out).toMatch(form)
    expect(/^\{"level"/m.test(out)).toBe(!onTerminal)
  } finally {
    child.kill('SIGKILL')
    await closed
    removeLeftovers(dataDir)
  }
})
