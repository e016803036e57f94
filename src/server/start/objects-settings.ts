/** The part of the configuration that says which buckets there are, and where (docs/use/objects.md). */
import { isAbsolute } from 'node:path'
import { type Static, Type } from 'typebox'
import { refusalOfBucketName } from '../../objects/object-rules.ts'
import { OutsideSchema, problemsOfOutside } from './outside-settings.ts'

const Bucket = Type.Object(
  {
    directory: Type.String({ minLength: 1 }),
    readOnly: Type.Boolean({ default: false }),
  },
  { additionalProperties: false },
)

export const ObjectsSchema = Type.Object(
  {
    directory: Type.Optional(
      Type.String({
        description: 'directory for the buckets that clients make; objects in the data directory if unset',
        minLength: 1,
      }),
    ),
    buckets: Type.Record(Type.String(), Bucket, {
      description:
        'directories that are served as buckets, by the name of the bucket: directory, and readOnly: true if clients may only read; `openbatch bucket add` adds more',
      additionalProperties: false,
      default: {},
    }),
    domains: Type.Array(Type.String({ minLength: 1 }), {
      description:
        'names of this server below which hosts are buckets: with s3.lab.example, results.s3.lab.example is the bucket results',
      default: [],
    }),
    uploadDays: Type.Number({
      description: 'days after its beginning that an upload in parts is given up. AWS: never',
      exclusiveMinimum: 0,
      default: 7,
    }),
    extendedAttributes: Type.Boolean({
      description:
        'whether what is said of objects (headers, metadata, tags, checksums) is kept in extended attributes of their files too, so that `cp -a` and `rsync -X` keep it',
      default: false,
    }),
    outside: Type.Optional(OutsideSchema),
  },
  { additionalProperties: false, default: {} },
)
export type ObjectsSettings = Static<typeof ObjectsSchema>

/** What the schema cannot say. */
export function problemsOfObjects(
  { directory, buckets, domains, outside }: ObjectsSettings,
  dataDir: string | undefined,
): string[] {
  const mustBeAbsolute = (setting: string, path: string) =>
    isAbsolute(path) ? [] : [`${setting}: ${JSON.stringify(path)} must be an absolute path`]
  return [
    ...(outside ? problemsOfOutside(outside, dataDir) : []),
    ...(outside && Object.keys(buckets).length > 0
      ? ['objects.buckets: none can be served where objects are outside (objects.outside)']
      : []),
    ...(directory === undefined ? [] : mustBeAbsolute('objects.directory', directory)),
    ...domains
      .filter((domain) => !isDomain(domain))
      .map((domain) => `objects.domains: ${JSON.stringify(domain)} is not the name of a host`),
    ...Object.entries(buckets).flatMap(([name, bucket]) => [
      ...(refusalOfBucketName(name) ? [`objects.buckets: ${JSON.stringify(name)} cannot be the name of a bucket`] : []),
      ...mustBeAbsolute(`objects.buckets.${name}.directory`, bucket.directory),
    ]),
  ]
}

/** Labels of letters, digits and hyphens. An address is not one: nothing stands below it. */
function isDomain(text: string): boolean {
  const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i
  return text.length <= 253 && text.split('.').every((part) => label.test(part)) && !/(^|\.)[0-9]+$/.test(text)
}
