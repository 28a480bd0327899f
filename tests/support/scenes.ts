import sharp from 'sharp';

const WIDTH = 640;
const HEIGHT = 480;
const HORIZON = 300;
const CLASSES = ['car', 'tree', 'house', 'lamp'] as const;

interface Thing {
  category: number;
  box: [x: number, y: number, width: number, height: number];
  polygon: number[];
  svg: string;
}

/** Drawn street scenes as a COCO dataset with outlines: pictures that are ours, for screenshots. */
export async function streetScenes(count: number): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const splits = {
    train: { images: [] as object[], annotations: [] as object[] },
    val: { images: [] as object[], annotations: [] as object[] },
  };
  for (let number = 1; number <= count; number++) {
    const random = randomOf(number);
    const split = number % 4 === 0 ? 'val' : 'train';
    const things = thingsOf(random);
    const name = `scene_${String(number).padStart(3, '0')}.jpg`;
    files.set(
      `${split}/${name}`,
      await sharp(Buffer.from(sceneOf(random, things)))
        .jpeg({ quality: 85 })
        .toBuffer(),
    );
    const { images, annotations } = splits[split];
    images.push({ id: number, file_name: name, width: WIDTH, height: HEIGHT });
    for (const { category, box, polygon } of things) {
      const area = Math.round(box[2] * box[3]);
      const id = annotations.length + 1;
      annotations.push({
        id,
        image_id: number,
        category_id: category,
        bbox: box,
        area,
        iscrowd: 0,
        segmentation: [polygon],
      });
    }
  }
  const categories = CLASSES.map((name, index) => ({ id: index + 1, name }));
  for (const [split, content] of Object.entries(splits)) {
    const json = { info: { description: 'Drawn street scenes' }, licenses: [], ...content, categories };
    files.set(`annotations/instances_${split}.json`, Buffer.from(JSON.stringify(json)));
  }
  return files;
}

type Random = (from: number, to: number) => number;

function randomOf(seed: number): Random {
  let state = seed * 2654435761 + 1;
  return (from, to) => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return Math.round(from + (state / 2 ** 32) * (to - from));
  };
}

/** From far to near, so that what is near covers what is far. */
function thingsOf(random: Random): Thing[] {
  const many = (count: number, make: () => Thing) => Array.from({ length: count }, make);
  return [
    ...many(random(2, 4), () => house(random)),
    ...many(random(1, 4), () => tree(random)),
    ...many(random(1, 2), () => lamp(random)),
    ...many(random(1, 4), () => car(random)),
  ];
}

function thing(category: number, polygon: number[], svg: string): Thing {
  const xs = polygon.filter((_, i) => i % 2 === 0);
  const ys = polygon.filter((_, i) => i % 2 === 1);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { category, polygon, svg, box: [x, y, Math.max(...xs) - x, Math.max(...ys) - y] };
}

const shape = (polygon: readonly number[], fill: string) => `<polygon points="${polygon.join(' ')}" fill="${fill}"/>`;
const hue = (random: Random, saturation: number, light: number) => `hsl(${random(0, 359)},${saturation}%,${light}%)`;

function house(random: Random): Thing {
  const [x, width, height] = [random(0, 480), random(90, 150), random(90, 180)];
  const [top, right] = [HORIZON - height, x + width];
  const walls = [x, HORIZON, x, top, right, top, right, HORIZON];
  const roof = [x, top, x + width / 2, top - 45, right, top];
  const windows = Array.from({ length: 6 }, (_, i) => {
    const [left, up] = [x + 14 + (i % 3) * (width / 3.2), top + 16 + Math.floor(i / 3) * 42];
    return `<rect x="${left}" y="${up}" width="18" height="24" fill="${random(0, 2) === 0 ? '#ffe9a8' : '#34445c'}"/>`;
  });
  const outline = [x, HORIZON, x, top, x + width / 2, top - 45, right, top, right, HORIZON];
  return thing(3, outline, shape(walls, hue(random, 28, 62)) + shape(roof, '#7c3f35') + windows.join(''));
}

function tree(random: Random): Thing {
  const [x, foot, radius] = [random(40, 600), random(305, 340), random(28, 52)];
  const top = foot - radius * 2.6;
  const crown = Array.from({ length: 16 }, (_, i) => {
    const reach = radius * (0.88 + random(0, 24) / 100);
    const angle = (i / 16) * 2 * Math.PI;
    return [Math.round(x + Math.cos(angle) * reach), Math.round(top + radius + Math.sin(angle) * reach)];
  });
  const trunk = [x - 6, foot, x - 4, top + radius, x + 4, top + radius, x + 6, foot];
  const below = crown.findIndex(([, y = 0]) => y >= top + radius * 1.8);
  const outline = [...crown.slice(0, below), [x + 6, foot], [x - 6, foot], ...crown.slice(below)];
  return thing(2, outline.flat(), shape(trunk, '#5b4330') + shape(crown.flat(), `hsl(${random(90, 140)},38%,34%)`));
}

function lamp(random: Random): Thing {
  const [x, foot] = [random(30, 610), random(330, 360)];
  const top = foot - 170;
  const pole = [x - 3, foot, x - 3, top, x + 22, top, x + 22, top + 14, x + 3, top + 14, x + 3, foot];
  return thing(4, pole, `${shape(pole, '#2c333d')}<circle cx="${x + 16}" cy="${top + 14}" r="7" fill="#fff2b0"/>`);
}

function car(random: Random): Thing {
  const [x, foot, size] = [random(0, 480), random(365, 460), random(80, 150)];
  const at = (dx: number, dy: number) => [Math.round(x + dx * size), Math.round(foot - dy * size)];
  const points: [number, number][] = [
    [0, 0.06],
    [0, 0.24],
    [0.2, 0.28],
    [0.34, 0.46],
    [0.74, 0.46],
    [0.88, 0.28],
    [1, 0.24],
    [1, 0.06],
  ];
  const body = points.flatMap(([dx, dy]) => at(dx, dy));
  const glass: [number, number][] = [
    [0.28, 0.28],
    [0.38, 0.42],
    [0.7, 0.42],
    [0.8, 0.28],
  ];
  const wheels = [0.22, 0.78].map((dx) => {
    const [cx, cy] = at(dx, 0.07);
    return `<circle cx="${cx}" cy="${cy}" r="${size * 0.09}" fill="#15181d"/>`;
  });
  const drawn =
    shape(body, hue(random, 62, 48)) +
    shape(
      glass.flatMap(([dx, dy]) => at(dx, dy)),
      '#b9d7e8',
    );
  return thing(1, body, drawn + wheels.join(''));
}

function sceneOf(random: Random, things: readonly Thing[]): string {
  const [top, bottom] = random(0, 2) === 0 ? ['#f6b26b', '#fbe3c0'] : ['#6fa8dc', '#dcebf7'];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">
    <defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="${top}"/><stop offset="1" stop-color="${bottom}"/></linearGradient></defs>
    <rect width="${WIDTH}" height="${HORIZON}" fill="url(#sky)"/>
    <rect y="${HORIZON}" width="${WIDTH}" height="60" fill="#8b8f86"/>
    <rect y="${HORIZON + 50}" width="${WIDTH}" height="130" fill="#4a4d52"/>
    <path d="M0 415H640" stroke="#d8d4c4" stroke-width="5" stroke-dasharray="46 30"/>
    ${things.map(({ svg }) => svg).join('')}
  </svg>`;
}
