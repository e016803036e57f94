/** `openbatch interrupt INSTANCE`: rehearses the loss of a spot instance. For administrators. */
import type { Command } from 'commander'
import { instanceIdOf } from './instance-id.ts'
import { addCallOptions, type CallOptions, callServer } from './server-call.ts'
import type { Terminal } from './terminal.ts'

/** As `POST /api/instances/{id}/interrupt` gives it. */
interface Interruption {
  readonly instanceId: string
  readonly interrupted: number
  readonly alreadyStopping: number
}

export function buildInterrupt(verb: Command, terminal: Terminal): void {
  addCallOptions(verb).action(async (instance: string, options: CallOptions) => {
    const path = `/api/instances/${encodeURIComponent(instanceIdOf(instance))}/interrupt`
    const { interrupted, alreadyStopping } = (await callServer(terminal, options, 'POST', path)) as Interruption
    const before = alreadyStopping > 0 ? `; ${attempts(alreadyStopping)} were being stopped already` : ''
    terminal.write(`${attempts(interrupted)} got notice${before}\n`)
  })
}

function attempts(count: number): string {
  return count === 1 ? '1 spot attempt' : `${count} spot attempts`
}
