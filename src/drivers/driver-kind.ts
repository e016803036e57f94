/**
 * What a folder of drivers exports from its `kind.ts`: one object that says all the rest of openbatch must know of the kind. It stands
 * in the list of `catalogue.ts`, from which configuration, start-up, quickstart and the documentation read it. The help of
 * `openbatch serve` reads it as well, so that `kind.ts` imports the driver itself only when one is made.
 */
import { type Static, type TObject, Type } from 'typebox'
import type { Driver } from './driver.ts'

export interface DriverKind<Settings extends TObject = TObject> {
  /** A lower-case word. A driver may be named as its kind. */
  readonly kind: string
  /** A sentence for the documentation: how jobs run on it. */
  readonly summary: string
  /** What an operator can set, each with its description. Beside these every driver has `kind` and `enabled`. */
  readonly Settings: Settings
  /** Whether a driver of this kind, named as its kind, is there without being asked for. Otherwise somebody has to enable it. */
  readonly isOfferedUnasked: boolean
  /**
   * Whether a driver with these settings could run jobs now. Without a probe it always can. It decides only of a driver that is
   * offered unasked. Throws for settings that can never work.
   */
  probe?(settings: Static<Settings>, wish?: ProbeWish): Promise<Probe>
  /** Makes a driver. Nothing that needs an engine may be done here: the engine may be away. */
  create(settings: Static<Settings>, place: DriverPlace): Promise<Driver>
}

/** An image that must be there, or be had, for the answer to be yes. */
export interface ProbeWish {
  readonly image: string
  /** Called when the image has to be fetched. */
  onFetch(): void
}

export interface Probe {
  readonly answers: boolean
  /** Without a capital letter and a full stop: `a container engine answers`. */
  readonly because: string
}

/** What tells one driver from all others. Both are the same for a driver as long as its installation lives. */
export interface DriverPlace {
  /** Marks what it makes outside of its directory: containers, cgroups. No two drivers and no two installations share one. */
  readonly identity: string
  /** The data directory of the server. */
  readonly dataDir: string
  /** Where it makes its own directories: the data directory itself, or a directory of the driver's in it. */
  readonly home: string
  /** pino's form. */
  readonly logger: { info(details: object, message: string): void; warn(details: object, message: string): void }
}

/** Keeps the type of the settings from the schema to `create`, while the list holds kinds of all sorts. */
export function defineKind<Settings extends TObject>(kind: DriverKind<Settings>): DriverKind {
  return kind as unknown as DriverKind
}

/** For drivers of one machine. */
export const capacitySettings = {
  vcpus: Type.Optional(
    Type.Number({ description: 'vCPUs to offer instead of what the machine has', exclusiveMinimum: 0 }),
  ),
  memoryMib: Type.Optional(
    Type.Number({ description: 'memory in MiB to offer instead of what the machine has', exclusiveMinimum: 0 }),
  ),
}
