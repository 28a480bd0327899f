import { checkCases, lines } from './check-cases.ts';

checkCases([
  {
    name: 'nested texts are found as they are written',
    files: {
      'train.jsonl': lines([
        { messages: [{ role: 'user', content: "It's a dog, isn't it?" }] },
        { messages: [{ role: 'user', content: 'He said "no way" to me' }] },
        { messages: [{ role: 'user', content: 'first\nsecond line' }] },
        { messages: [{ role: 'user', content: 'back\\slash {x}' }] },
      ]),
    },
    finds: [
      [{ term: "it's a dog, isn't" }, [0]],
      [{ term: '"no way"' }, [1]],
      [{ term: 'first\nsecond', isRegex: true }, [2]],
      [{ term: 'back\\slash {x}' }, [3]],
      [{ term: 'content' }, []],
      [{ term: '^back', isRegex: true }, [3]],
      [{ filters: [{ column: 'messages', op: 'contains', value: "isn't" }] }, [0]],
    ],
    refuses: [[{ term: '(', isRegex: true }, /no regular expression|not a regular expression/]],
  },
  {
    name: 'filters of lists, truth and objects',
    files: {
      'train.jsonl': lines([
        { tags: ['a', 'b'], b: true, s: { x: 1 } },
        { tags: [], b: false, s: null },
      ]),
    },
    finds: [
      [{ filters: [{ column: 'tags', op: 'equals', value: '["a", "b"]' }] }, [0]],
      [{ filters: [{ column: 'tags', op: 'equals', value: '[]' }] }, [1]],
      [{ filters: [{ column: 'b', op: 'not_equals', value: 'true' }] }, [1]],
      [{ filters: [{ column: 's', op: 'equals', value: '{"x":1}' }] }, [0]],
    ],
    refuses: [
      [{ filters: [{ column: 'tags', op: 'equals', value: 'a' }] }, /compares with JSON/],
      [{ filters: [{ column: 'tags', op: 'min', value: 1 }] }, /no order|have none/],
      [{ filters: [{ column: 'none', op: 'null' }] }, /there is no column "none"/],
    ],
  },
]);
