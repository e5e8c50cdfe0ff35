import { describeActorStore } from '../conformance/actor-store.js';
import { MemoryStore } from './memory-store.js';

describeActorStore('MemoryStore', async () => {
  const store = new MemoryStore();
  return {
    store,
    append: async (partition, frame) => store.append(partition, frame).entry,
    deadLetters: async (partition) => store.partition(partition).deadLetters.length,
    isAwake: async (partition) => store.partition(partition).awake,
  };
});
