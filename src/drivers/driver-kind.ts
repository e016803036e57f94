/**
 * What a folder of drivers exports from its `kind.ts`: one object that tells openbatch everything
 * it must know about the kind. The object is listed in `catalogue.ts`, which configuration,
 * start-up, quickstart and the documentation read. The help of `openbatch serve` reads it too, so
 * `kind.ts` imports the driver itself only when one is made.
 */
import { type Static, type TObject, Type } from 'typebox'
import type { Driver } from './driver.ts'

export interface DriverKind<Settings extends TObject = TObject> {
  /** A lower-case word. A driver may have the same name as its kind. */
  readonly kind: string
  /** A sentence for the documentation: how jobs run on this driver. */
  readonly summary: string
  /**
   * The settings that an operator can make, each with its description. Every driver also has `kind`
   * and `enabled`.
   */
  readonly Settings: Settings
  /**
   * Whether a driver of this kind, named after its kind, is offered without being configured.
   * Otherwise it must be enabled.
   */
  readonly isOfferedUnasked: boolean
  /**
   * Whether a driver with these settings could run jobs now. Without a probe it always can. Used
   * only for a driver that is offered without being configured. Throws for settings that can never
   * work.
   */
  probe?(settings: Static<Settings>, wish?: ProbeWish): Promise<Probe>
  /**
   * Paths of the host that a driver with these settings uses outside the data directory, and that
   * jobs must not mount: directories of jobs, the engine's socket.
   */
  ownPaths?(settings: Static<Settings>): readonly string[]
  /** Makes a driver. It must not need an engine, because the engine may be away. */
  create(settings: Static<Settings>, place: DriverPlace): Promise<Driver>
}

/** An image that must exist, or be available, for the answer to be yes. */
export interface ProbeWish {
  readonly image: string
  /** Called when the image has to be fetched. */
  onFetch(): void
}

export interface Probe {
  readonly answers: boolean
  /** A phrase without a capital letter or a full stop: `a container engine answers`. */
  readonly because: string
}

/**
 * What distinguishes one driver from all others. `identity` and `home` never change during the life
 * of an installation.
 */
export interface DriverPlace {
  /**
   * Marks what the driver makes outside its directory: containers, cgroups. No two drivers and no
   * two installations share an identity.
   */
  readonly identity: string
  /** The server's data directory. */
  readonly dataDir: string
  /**
   * Where the driver makes its own directories: the data directory itself, or a directory of the
   * driver's inside it.
   */
  readonly home: string
  /**
   * Where attempts write, if that is not in `home`: a directory of this driver's alone, on another
   * disk. It does not exist yet.
   */
  readonly scratchHome?: string | undefined
  /** Directories and files of the server, and of all its drivers, that jobs must not mount. */
  readonly guarded: readonly string[]
  /** Finds the aws command that the server supplies to processes. Absent: it supplies none. */
  readonly findAws?: FindAws
  /** The form of pino's logger. */
  readonly logger: { info(details: object, message: string): void; warn(details: object, message: string): void }
}

/**
 * Makes the command below this directory, which whoever runs it must be able to pass. Returns a
 * directory whose `bin/` has it; undefined where it cannot be made.
 */
export type FindAws = (parent: string) => Promise<string | undefined>

/**
 * Keeps the type of the settings from the schema to `create`, although the list holds kinds of all
 * sorts.
 */
export function defineKind<Settings extends TObject>(kind: DriverKind<Settings>): DriverKind {
  return kind as unknown as DriverKind
}

/** Settings for drivers of a single machine. */
export const capacitySettings = {
  vcpus: Type.Optional(
    Type.Number({ description: 'vCPUs to offer instead of what the machine has', exclusiveMinimum: 0 }),
  ),
  memoryMib: Type.Optional(
    Type.Number({ description: 'memory in MiB to offer instead of what the machine has', exclusiveMinimum: 0 }),
  ),
}

/** Read by the server, which gives drivers the real paths. */
export const hostPathSettings = {
  hostPaths: Type.Record(Type.String(), Type.Unknown(), {
    description: 'where host paths in definitions really are for jobs on this driver; over the entries of `hostPaths`',
    default: {},
  }),
}
