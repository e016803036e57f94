/** The part of the configuration about browsers. */
import { hostname } from 'node:os'
import { type Static, Type } from 'typebox'

export const ConsoleSchema = Type.Object(
  {
    hosts: Type.Array(Type.String({ minLength: 1 }), {
      description:
        'names under which browsers open the server, without port, beside its addresses, `localhost`, the name of the machine, `host` and the names of its certificate',
      default: [],
    }),
  },
  { additionalProperties: false, default: {} },
)
export type ConsoleSettings = Static<typeof ConsoleSchema>

/** What the schema cannot say. */
export function problemsOfConsole({ hosts }: ConsoleSettings): string[] {
  return hosts
    .filter((host) => !/^[A-Za-z0-9.-]{1,253}$/.test(host))
    .map((host) => `console.hosts: ${JSON.stringify(host)} is not the name of a host`)
}

/** Whether browsers may open the server under a name, which is in lower case. */
export function ownHosts(
  { hosts }: ConsoleSettings,
  host: string,
  certificate: { covers(name: string): boolean } | undefined,
): (name: string) => boolean {
  const named = new Set(['localhost', hostname(), host, ...hosts].map((name) => name.toLowerCase()))
  return (name) => named.has(name) || (certificate?.covers(name) ?? false)
}
