/** The grants by which compute environments let the jobs of ordinary users reach the host (docs/operate/security.md). */
import { type Static, Type } from 'typebox'
import { isImagePattern } from '../../core/workload/host-access/images.ts'
import { defaultHostAccess, type HostAccess } from '../../model/host-access.ts'
import { readHostPath } from '../../model/host-path.ts'
import type { ImageRewrites } from '../../model/image-rewrite.ts'

const Grant = Type.Object(
  {
    hostPaths: Type.Record(Type.String(), Type.Enum(['readOnly', 'readWrite']), { default: {} }),
    devices: Type.Array(Type.String(), { default: [] }),
    privileged: Type.Union([Type.Boolean(), Type.Literal('withheld')], { default: false }),
    hostNamespaces: Type.Array(Type.Enum(['network', 'pid', 'ipc']), { default: [] }),
    ulimits: Type.Array(Type.Enum(['rtprio', 'nice']), { default: [] }),
    rootOnHostPaths: Type.Boolean({ default: false }),
    fileSystems: Type.Boolean({ default: false }),
    images: Type.Array(Type.String(), { default: ['*'] }),
    imagesByDigest: Type.Boolean({ default: false }),
  },
  { additionalProperties: false },
)

export const HostAccessSchema = Type.Record(Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$' }), Grant, {
  description: `what jobs of ordinary users may reach of the host, by name; a compute environment names one by the tag openbatch:host-access, and has \`${defaultHostAccess}\` without it`,
  additionalProperties: false,
  default: {},
})
export type HostAccessSettings = Static<typeof HostAccessSchema>

/** What the schema cannot say. */
export function problemsOfHostAccess(settings: HostAccessSettings): string[] {
  return Object.entries(settings).flatMap(([name, { hostPaths, devices, images }]) => [
    ...images
      .filter((image) => !isImagePattern(image))
      .map((image) => `hostAccess.${name}.images: ${JSON.stringify(image)} is not the name of an image`),
    ...[
      ...Object.keys(hostPaths).map((path) => ['hostPaths', path] as const),
      ...devices.map((path) => ['devices', path] as const),
    ].flatMap(([member, path]) => {
      const read = readHostPath(path)
      return 'why' in read ? [`hostAccess.${name}.${member}: ${JSON.stringify(path)} ${read.why}`] : []
    }),
  ])
}

/** For settings without problems. */
export function hostAccessFrom(
  settings: HostAccessSettings,
  imageRewrites: ImageRewrites = [],
): ReadonlyMap<string, HostAccess> {
  const rewritten = imageRewrites.length > 0 ? { imageRewrites } : {}
  return new Map(
    Object.entries(settings).map(([name, { hostPaths, devices, ...rest }]) => {
      const paths = Object.entries(hostPaths).map(([path, mode]) => ({
        path: shortest(path),
        readOnly: mode === 'readOnly',
      }))
      return [name, { ...rest, ...rewritten, hostPaths: paths, devices: devices.map(shortest) }]
    }),
  )
}

function shortest(path: string): string {
  const read = readHostPath(path)
  if ('why' in read) throw new Error(`${path} ${read.why}`)
  return read.path
}
