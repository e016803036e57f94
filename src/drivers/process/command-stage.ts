/**
 * Lets Node become an attempt's command, for environments that no shell can export (`run-file.ts`).
 * It reads its orders from descriptor 0, reports what fails before the command begins on 3,
 * notifies the server over 5, and closes all three.
 *
 * It is a text because it is a program of its own, given to Node as an argument. Nothing of the
 * job's is in it.
 */
export const commandStageScript = `
const fs = require('node:fs')
const fail = (why) => {
  fs.writeSync(3, 'failed ' + String(why).trim().replace(/\\s+/g, ' ') + '\\n')
  process.exit(125)
}
try {
  // Node ignores these two, and what is ignored stays so. What is handled goes back to its default.
  for (const signal of ['SIGPIPE', 'SIGXFSZ']) process.on(signal, () => {})
  if (!process.execve) fail('for an environment variable of such a name the server needs Node 22.15 or newer')
  const { command, program, environment, runAs, prlimit, limits } = JSON.parse(fs.readFileSync(0, 'utf8'))
  fs.closeSync(0)
  fs.openSync('/dev/null', 'r')
  if (limits.length > 0) {
    const set = [...limits, '--pid', String(process.pid)]
    const { status, error, stderr } = require('node:child_process').spawnSync(prlimit, set, { env: {}, encoding: 'utf8' })
    if (status !== 0) fail(error ? error.message : stderr)
  }
  if (runAs) {
    if (runAs.userName === undefined) process.setgroups([])
    else process.initgroups(runAs.userName, runAs.gid)
    process.setgid(runAs.gid)
    process.setuid(runAs.uid)
  }
  try {
    fs.accessSync(program, fs.constants.X_OK)
  } catch {
    fail('exec: ' + JSON.stringify(command[0]) + ': permission denied')
  }
  fs.writeSync(3, 'begun\\n')
  try {
    fs.writeSync(5, 's\\n')
  } catch {
    // The server is gone.
  }
  fs.closeSync(3)
  fs.closeSync(5)
  process.execve(program, command, environment)
} catch (error) {
  fail(error.message)
}
`
