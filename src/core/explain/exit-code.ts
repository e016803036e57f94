/** The meaning of exit codes, as shells, container engines and the kernel use them. */

/**
 * A code above 128 tells which signal killed the process: 128 + its number.
 * https://tldp.org/LDP/abs/html/exitcodes.html
 */
const signals: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL, an instruction that this CPU does not have',
  5: 'SIGTRAP',
  6: 'SIGABRT: it called abort, as a failed assertion does',
  7: 'SIGBUS, an access to memory that is not there',
  8: 'SIGFPE, as after a division by zero',
  9: 'SIGKILL',
  10: 'SIGUSR1',
  11: 'SIGSEGV, an access to memory that is not its own',
  12: 'SIGUSR2',
  13: 'SIGPIPE: whoever read its output had gone',
  14: 'SIGALRM',
  15: 'SIGTERM: it was asked to stop',
  24: 'SIGXCPU, its limit of CPU time (ulimit)',
  25: 'SIGXFSZ, its limit of a file’s size (ulimit)',
  31: 'SIGSYS, a system call that it may not make',
}

/** Returns a part of a sentence: `exit code 127: …`. */
export function meaningOfExitCode(exitCode: number, outOfMemory: boolean): string {
  if (exitCode === 0) return 'success'
  if (outOfMemory) return 'the kernel killed it because it used more memory than the job asked for'
  if (exitCode === 126) return 'the command was found but cannot be executed: its mode, or what runs it'
  if (exitCode === 127) return 'the command, or a program it calls, was not found'
  if (exitCode === 137)
    return 'killed by SIGKILL: by a stop after its grace, by the kernel for want of memory on the host, or by somebody else'
  if (exitCode > 128 && exitCode < 193) {
    const number = exitCode - 128
    return `killed by signal ${number}${signals[number] === undefined ? '' : `, ${signals[number]}`}`
  }
  return 'the command’s own: its documentation or its log says what it stands for'
}
