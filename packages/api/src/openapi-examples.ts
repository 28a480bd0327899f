/** As much of JSON Schema as the generated document uses. */
export interface JsonSchema {
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  example?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  prefixItems?: JsonSchema[];
  minItems?: number;
  propertyNames?: JsonSchema;
  additionalProperties?: JsonSchema | boolean;
  minimum?: number;
  maximum?: number;
  pattern?: string;
}

const UUID = '0c9a6d1e-7c3f-4b1a-9f55-2d1f6a1b3c4d';
const HASH = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

/** What a field of this name holds, where its type does not say it. */
const BY_NAME: Record<string, unknown> = {
  name: 'Street signs',
  datasetName: 'Street signs',
  description: 'Photographs of street signs, with boxes.',
  email: 'mia@example.org',
  confirmEmail: 'mia@example.org',
  ownerEmail: 'mia@example.org',
  password: 'correct horse battery',
  newPassword: 'correct horse battery',
  currentPassword: 'battery staple',
  confirmName: 'Street signs',
  path: 'images/train/000001.jpg',
  filename: 'signs.zip',
  format: 'yolo',
  formatHint: 'yolo',
  taskType: 'object_detection',
  contentHash: HASH,
  sha256: HASH,
  mime: 'image/jpeg',
  message: 'Done',
  service: 'trainer',
  externalId: 'run-42',
  ip: '203.0.113.7',
  prefix: '1a2b3c4d',
  secret: 'gk_1a2b3c4d_…',
  url: 'https://granary.example.org/invitations/…',
  role: 'viewer',
  kind: 'import',
  tags: ['traffic'],
  classNames: ['stop', 'yield'],
  splits: { train: 80, val: 20 },
  version: 1,
  progress: 100,
  sizeBytes: 1_048_576,
  numImages: 100,
  numAnnotations: 250,
  numClasses: 2,
  numFiles: 201,
};

/** A value that a schema allows: the usual one for a field of this name, or else the smallest. */
export function exampleOf(schema: JsonSchema, name = ''): unknown {
  if (schema.example !== undefined) return schema.example;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum.includes(BY_NAME[name]) ? BY_NAME[name] : schema.enum[0];
  const known = BY_NAME[name];
  if (known !== undefined && isOf(schema, known)) return known;
  const [first] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];
  if (first) return exampleOf(first, name);
  switch (typeOf(schema)) {
    case 'object':
      return exampleOfObject(schema);
    case 'array':
      return exampleOfArray(schema, name.replace(/s$/, ''));
    case 'string':
      return exampleOfText(schema, name);
    case 'number':
    case 'integer':
      return schema.minimum ?? 1;
    case 'boolean':
      return schema.default ?? true;
    default:
      return null;
  }
}

const typeOf = ({ type }: JsonSchema): string | undefined => (Array.isArray(type) ? type[0] : type);

function exampleOfArray({ prefixItems, items, minItems = 1 }: JsonSchema, name: string): unknown[] {
  if (prefixItems) return prefixItems.map((item) => exampleOf(item, name));
  return items ? Array.from({ length: Math.max(1, minItems) }, () => exampleOf(items, name)) : [];
}

function exampleOfObject({ properties, required = [], additionalProperties, propertyNames }: JsonSchema): unknown {
  if (!properties) {
    const { type } = typeof additionalProperties === 'object' ? additionalProperties : {};
    const name = String(propertyNames?.enum?.[0] ?? 'train');
    return type === 'number' ? { [name]: 80 } : {};
  }
  return Object.fromEntries(
    Object.entries(properties)
      // Optional fields are only shown if they have a usual value.
      .filter(([name]) => required.includes(name) || name in BY_NAME)
      .map(([name, property]) => [name, exampleOf(property, name)]),
  );
}

function exampleOfText({ format, pattern }: JsonSchema, name: string): string {
  if (format === 'uuid' || (/id$/i.test(name) && !pattern)) return UUID;
  if (format === 'date-time') return '2026-11-20T09:30:00.000Z';
  if (format === 'email') return 'mia@example.org';
  return name === 'id' ? 'cls-signs-2' : 'text';
}

/** Whether what is usual fits the type. */
function isOf({ type, anyOf, format, enum: values }: JsonSchema, value: unknown): boolean {
  if (values) return values.includes(value);
  if (anyOf) return anyOf.some((one) => isOf(one, value));
  if (format === 'uuid' || format === 'date-time') return false;
  const types = Array.isArray(type) ? type : [type];
  if (Array.isArray(value)) return types.includes('array');
  if (typeof value === 'number') return types.includes('number') || types.includes('integer');
  return types.includes(typeof value);
}
