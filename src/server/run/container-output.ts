/**
 * The output of one container on its way into the log store. It continues after the last stored
 * line.
 */
import { DriverUnavailable } from '../../drivers/driver.ts'
import { type LogWriter, StreamLost } from '../../logs/log-store.ts'
import { eventStartOf } from '../../logs/multiline/event-start.ts'
import { JoiningWriter } from '../../logs/multiline/joining-writer.ts'
import type { LogDestination } from '../../model/log-destination.ts'
import type { ContainerOwner } from './surroundings.ts'
import { untilDone } from './until-done.ts'

export class ContainerOutput {
  readonly #owner: ContainerOwner
  readonly #name: string
  readonly #writer: LogWriter

  private constructor(owner: ContainerOwner, name: string, writer: LogWriter) {
    this.#owner = owner
    this.#name = name
    this.#writer = writer
  }

  /** Without a destination the output is only read, so that its end is seen. */
  static async open(
    owner: ContainerOwner,
    name: string,
    destination: LogDestination | undefined,
  ): Promise<ContainerOutput> {
    const writer = destination ? await openWriter(owner, destination) : new DiscardingWriter()
    return new ContainerOutput(owner, name, writer)
  }

  /**
   * Whether everything that the container wrote is stored. False when the engine or the disk went
   * away meanwhile.
   */
  async copy(): Promise<boolean> {
    const { around, closing, driver } = this.#owner
    try {
      for await (const entries of driver.streamLogs(this.#name, this.#writer.cursor, closing)) {
        await this.#writer.append(entries)
        around.failpoint('after-log-append')
      }
      return true
    } catch (err) {
      if (err instanceof StreamLost) throw err
      if (!closing.aborted && !(err instanceof DriverUnavailable))
        around.log.warn({ err, attempt: this.#name }, 'reading or storing the output failed; trying again')
      return false
    }
  }

  /** Called when the container has ended and its last line is stored. */
  async finish(): Promise<void> {
    const { failpoint } = this.#owner.around
    failpoint('before-log-finish')
    await untilDone(this.#owner, () => this.#writer.finish())
    failpoint('after-log-finish')
  }

  close(): Promise<void> {
    return this.#writer.close()
  }
}

async function openWriter(
  { around, user: owner }: ContainerOwner,
  { eventStart, ...target }: LogDestination,
): Promise<LogWriter> {
  const writer = await around.logs.openWriter({ ...target, owner, capBytes: around.logCapBytes })
  return eventStart ? new JoiningWriter(writer, { eventStart: () => eventStartOf(eventStart) }) : writer
}

/** For jobs whose log driver is not awslogs. */
class DiscardingWriter implements LogWriter {
  readonly droppedEntries = 0
  #cursor: string | undefined

  get cursor(): string | undefined {
    return this.#cursor
  }

  async append(entries: Parameters<LogWriter['append']>[0]): Promise<void> {
    this.#cursor = entries.at(-1)?.cursor ?? this.#cursor
  }

  async finish(): Promise<void> {}

  async close(): Promise<void> {}
}
