/** `openbatch interrupt INSTANCE` rehearses the loss of a spot instance. For administrators. */
import type { Command } from 'commander'
import type { InterruptionAnswer } from '../wire/instances.ts'
import { instanceIdOf } from './instance-id.ts'
import { addCallOptions, type CallOptions, callServer } from './server-call.ts'
import type { Terminal } from './terminal.ts'

export function buildInterrupt(verb: Command, terminal: Terminal): void {
  addCallOptions(verb).action(async (instance: string, options: CallOptions) => {
    const path = `/api/instances/${encodeURIComponent(instanceIdOf(instance))}/interrupt`
    const { interrupted, alreadyStopping } = (await callServer(terminal, options, 'POST', path)) as InterruptionAnswer
    const before = alreadyStopping > 0 ? `; ${attempts(alreadyStopping)} were being stopped already` : ''
    terminal.write(`${attempts(interrupted)} got notice${before}\n`)
  })
}

function attempts(count: number): string {
  return count === 1 ? '1 spot attempt' : `${count} spot attempts`
}
