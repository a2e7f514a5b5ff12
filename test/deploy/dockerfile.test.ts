/** The image: which Node, which files, which user. */
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ours, repositoryFile } from './compose-file.ts';

const packageJson = z
  .object({ version: z.string(), devDependencies: z.record(z.string(), z.string()) })
  .parse(JSON.parse(repositoryFile('package.json')));

describe('Dockerfile', () => {
  const text = repositoryFile('Dockerfile');

  it('has the Node that the tests run with, and the version of the package', () => {
    const { version, devDependencies } = packageJson;
    expect(/ARG NODE_VERSION=(.*)/.exec(text)![1]).toBe(devDependencies['node']);
    expect(/ARG VERSION=(.*)/.exec(text)![1]).toBe(version);
    expect(new Set(ours.map(([, { image }]) => image))).toEqual(new Set([`netsigma:${version}`]));
  });

  it('copies nothing that .dockerignore keeps out', () => {
    const allowed = [...repositoryFile('.dockerignore').matchAll(/^!(\S+)/gm)].map(([, path]) => path!);
    const copied = [...text.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, paths]) =>
      paths!.split(' '),
    );
    expect([...new Set(copied)].toSorted()).toEqual(allowed.toSorted());
    expect(repositoryFile('.dockerignore')).toMatch(/^\*$/m);
  });

  it('does not run as root', () => {
    expect(/^USER (\d+):\d+$/m.exec(text)![1]).not.toBe('0');
  });
});
