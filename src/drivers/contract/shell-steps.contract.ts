import type { Step } from './fixture.contract.ts'
import type { ShellNetwork } from './shell-network.contract.ts'
import { quote } from './shell-quote.contract.ts'

/**
 * Turns the suite's steps into a POSIX shell script, for every driver whose jobs can run `/bin/sh`
 * and share a directory with the test. A gate is a FIFO named `gate-NAME` there, and each run adds
 * a line to `runs-NAME`. The script works in dash, bash and busybox.
 */
export function shellScript(options: {
  name: string
  steps: readonly Step[]
  sharedDirectory: string
  network: ShellNetwork
}): string {
  const { name, steps, sharedDirectory, network } = options
  const gate = (gateName: string) => quote(`${sharedDirectory}/${gateFile(gateName)}`)
  const lines = steps.map((step) => {
    if ('print' in step) {
      const text = quote(step.print)
      if (step.times === undefined) return `printf '%s\\n' ${text}`
      return `i=1; while [ $i -le ${step.times} ]; do printf '%s %s\\n' ${text} $i; i=$((i+1)); done`
    }
    if ('printError' in step) return `printf '%s\\n' ${quote(step.printError)} >&2`
    if ('printBytes' in step) return `printf '${step.printBytes.map(octal).join('')}'`
    if ('longLine' in step) {
      const { text, bytes } = step.longLine
      return `yes ${quote(text)} | tr -d '\\n' | head -c ${bytes}; echo`
    }
    if ('printVariable' in step) return `printf '<%s>\\n' "\${${step.printVariable}-unset}"`
    if ('printEnvironment' in step) return `tr '\\012\\000' '\\001\\012' < /proc/$$/environ`
    if ('spoilFiles' in step) return spoilFiles
    if ('writeFile' in step) return `printf '%s\\n' ${quote(step.writeFile.text)} > ${quote(step.writeFile.path)}`
    if ('printFile' in step) return `cat ${quote(step.printFile)}`
    if ('waitFor' in step) return `read line < ${gate(step.waitFor)}`
    if ('obeyTerm' in step) return `trap 'echo got TERM; exit 143' TERM`
    if ('ignoreTerm' in step) return `trap '' TERM`
    if ('leaveChild' in step) return `(trap '' TERM; read line < ${gate(step.leaveChild.waitsFor)}) &`
    if ('takeMemoryMib' in step) return `x=$(head -c ${step.takeMemoryMib * 1024 * 1024} /dev/zero | tr '\\0' x)`
    if ('serve' in step) return network.serve(step.serve.port, step.serve.text)
    if ('printServed' in step) return network.fetch(step.printServed.address, step.printServed.port)
    return `exit ${step.exit}`
  })
  return [`echo begun >> ${quote(`${sharedDirectory}/${runsFile(name)}`)}`, ...lines, 'exit 0'].join('\n')
}

/**
 * The process driver keeps its files in `../../../../attempts/SHARD/NAME`, and earlier kept them in
 * `..`.
 */
const spoilFiles = `for file in ../* ../../* ../../../../attempts/*/*/*; do
  case $file in */run|*/claim|*/status|*/output|*/group) rm -rf "$file"; mkfifo "$file";; esac
done`

/** The gates that the steps wait for. The fixture makes a FIFO for each before the start. */
export function gatesOf(steps: readonly Step[]): string[] {
  return steps.flatMap((step) =>
    'waitFor' in step ? [step.waitFor] : 'leaveChild' in step ? [step.leaveChild.waitsFor] : [],
  )
}

export function gateFile(gate: string): string {
  return `gate-${gate}`
}

export function runsFile(name: string): string {
  return `runs-${name}`
}

function octal(byte: number): string {
  return `\\${byte.toString(8).padStart(3, '0')}`
}
