/** The options of `openbatch serve`, as they were given. */

export interface ServeFlags {
  readonly dataDir?: string
  readonly host?: string
  readonly port?: string
  readonly config?: string
  readonly driver?: string
  readonly startEmpty?: boolean
}
