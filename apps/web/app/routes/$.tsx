export function loader() {
  throw Response.json({ message: 'There is no such page.' }, { status: 404 });
}

export default function NotFound() {
  return null;
}
