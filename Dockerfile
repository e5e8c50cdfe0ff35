# One file for the three apps: `docker build --target api|ingest|worker .`
# The same dist/ and node_modules in all; only the entry differs.
ARG NODE_IMAGE=node:22-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /millrace
# Install scripts only unpack the PostgreSQL of local runs: not needed here.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --include=dev
COPY .swcrc tsconfig.json ./
COPY tools tools
COPY libs libs
COPY apps apps
RUN npm run build
RUN npm prune --omit=dev --ignore-scripts

FROM ${NODE_IMAGE} AS runtime
ENV NODE_ENV=production \
    MILLRACE_HOST=0.0.0.0
WORKDIR /millrace
# Owned by root and run by `node`: the process cannot change its own code.
COPY --from=build /millrace/package.json ./
COPY --from=build /millrace/node_modules node_modules
COPY --from=build /millrace/dist dist
USER node
ENTRYPOINT ["node", "--enable-source-maps"]

# One thread to collect garbage beside the event loop, in each of them: with Node's four it waits for a core itself while
# they mark a large heap, a tenth of a second each time.
FROM runtime AS ingest
EXPOSE 6567
CMD ["--v8-pool-size=1", "dist/apps/ingest/src/main.js"]

FROM runtime AS worker
EXPOSE 6568
# New activations outlive several small collections, each of which would copy them. V8 counts the buffers of commits, which soon
# die, as growth of the heap: of a heap of 75 MB, which by itself it lets grow by a third, it marked all once a second.
CMD ["--v8-pool-size=1", "--max-semi-space-size=64", "--heap-growing-percent=100", "dist/apps/worker/src/main.js"]

# Last, so that a build without --target makes the app that people meet first.
FROM runtime AS api
EXPOSE 6566 6560
# Room for young objects: reads make many that die at once, and a collection of them stops every read.
CMD ["--v8-pool-size=1", "--max-semi-space-size=64", "dist/apps/api/src/main.js"]
