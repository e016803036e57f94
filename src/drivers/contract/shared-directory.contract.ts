import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Step } from './fixture.contract.ts'
import { gateFile, gatesOf, runsFile } from './shell-steps.contract.ts'

/**
 * The test's side of `shellScript`: the directory that jobs and test share, with its gates and its
 * evidence.
 */
export interface SharedDirectory {
  /** The directory on this host. A container driver mounts it into its jobs. */
  readonly path: string
  /** Makes the gates that these steps wait for. */
  prepare(steps: readonly Step[]): void
  openGate(gate: string): Promise<void>
  runs(name: string): Promise<number>
  dispose(): void
}

export function makeSharedDirectory(): SharedDirectory {
  const path = mkdtempSync(join(tmpdir(), 'openbatch-contract-'))
  chmodSync(path, 0o777)
  const gates = new Map<string, number>()
  return {
    path,
    prepare(steps) {
      for (const gate of gatesOf(steps)) {
        if (gates.has(gate)) continue
        const file = join(path, gateFile(gate))
        execFileSync('mkfifo', ['-m', '666', file])
        // Held open for reading and writing, so that neither side waits for the other to open it.
        gates.set(gate, openSync(file, constants.O_RDWR | constants.O_NONBLOCK))
      }
    },
    async openGate(gate) {
      const fd = gates.get(gate)
      if (fd === undefined) throw new Error(`no step waits for the gate ${gate}`)
      writeSync(fd, 'open\n')
    },
    async runs(name) {
      const file = join(path, runsFile(name))
      return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0
    },
    dispose() {
      for (const fd of gates.values()) closeSync(fd)
      gates.clear()
      rmSync(path, { recursive: true, force: true })
    },
  }
}
