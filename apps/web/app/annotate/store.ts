import { createContext, useContext } from 'react';
import { createStore, type StoreApi, useStore } from 'zustand';
import type { Editor } from './editor';

/** The editor of one image: read by what is drawn, changed by commands. */
export interface EditorStore extends StoreApi<Editor> {
  /** Replaces the state by what a command makes of it. */
  run(command: (editor: Editor) => Editor): void;
}

export function editorStore(editor: Editor): EditorStore {
  const store = createStore<Editor>(() => editor);
  return Object.assign(store, {
    run: (command: (now: Editor) => Editor) => store.setState(command(store.getState()), true),
  });
}

export const EditorContext = createContext<EditorStore | null>(null);

export function useEditorStore(): EditorStore {
  const store = useContext(EditorContext);
  if (!store) throw new Error('There is no editor around this component');
  return store;
}

/** A part of the editor's state; the component is drawn again when that part is another. */
export const useEditor = <T>(select: (editor: Editor) => T): T => useStore(useEditorStore(), select);
