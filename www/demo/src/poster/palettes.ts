/** Three flat colours and an ink, as on a screen-printed poster; two or three sets per genre, so that neighbours differ. */

export interface Palette {
  /** Behind everything, the title too. */
  ground: string;
  shape: string;
  accent: string;
  /** Colour of the title, at least 4.5:1 against the ground. */
  ink: string;
}

const of = (ground: string, shape: string, accent: string, ink: string): Palette => ({ ground, shape, accent, ink });

/** From the most telling genre to the least: a Western that is also a drama should look like a Western. */
export const PALETTES: ReadonlyMap<string, readonly Palette[]> = new Map([
  ['Film-Noir', [of('#17181d', '#8d9099', '#f2efe6', '#f2efe6'), of('#d9d6cd', '#2a2c33', '#77797f', '#17181d')]],
  ['Western', [of('#f0cf98', '#a8481f', '#56210f', '#3f170a'), of('#8c3b1b', '#f0b75e', '#3a150b', '#fdebcf')]],
  [
    'Horror',
    [
      of('#150d11', '#a8122b', '#e9e0d0', '#f3e9da'),
      of('#7d0f22', '#12090c', '#ecdcc6', '#fbeee0'),
      of('#dfe3d0', '#1c1216', '#a8122b', '#1c1216'),
    ],
  ],
  [
    'Sci-Fi',
    [
      of('#0f2347', '#58c4dd', '#f4f1e8', '#f4f1e8'),
      of('#e8e4da', '#e4572e', '#17324d', '#17324d'),
      of('#1f1b3a', '#f08a5d', '#b8e1dd', '#f3eefc'),
    ],
  ],
  [
    'Animation',
    [
      of('#ffd95a', '#1aa6b7', '#f2557c', '#2b1a3d'),
      of('#0f7c8a', '#ffd166', '#ff7f6b', '#fffbe9'),
      of('#ffb3a7', '#5a3e9b', '#ffe27a', '#2f1c5c'),
    ],
  ],
  ['Musical', [of('#2e1140', '#ffc857', '#ee5d8f', '#fff1d6'), of('#ffe3c2', '#c2276b', '#f39c3d', '#4a0f2f')]],
  [
    'War',
    [
      of('#4f5438', '#d6c79c', '#23251a', '#f4ecd2'),
      of('#d8cba6', '#5b2d1f', '#6c7048', '#33190f'),
      of('#2c3333', '#c9a66b', '#8e3b2a', '#f1e8d4'),
    ],
  ],
  ['Documentary', [of('#e9e4d8', '#384a5c', '#bf4f33', '#1d2832'), of('#2f4858', '#e9c46a', '#e9e4d8', '#f7f2e4')]],
  [
    'Mystery',
    [
      of('#1b3a44', '#e2c27a', '#0c1c22', '#f5e9cc'),
      of('#e4d7b9', '#23494f', '#a23b2a', '#18353a'),
      of('#2f2440', '#c9b6e4', '#e7a04c', '#f4ecfb'),
    ],
  ],
  [
    'Fantasy',
    [
      of('#40307a', '#e2b4f5', '#f8d977', '#faf2ff'),
      of('#dff0e3', '#2f6f5e', '#d9a441', '#173c33'),
      of('#12404a', '#f4c95d', '#8fd6c4', '#f2f7ea'),
    ],
  ],
  [
    'Romance',
    [
      of('#f6c2bb', '#d1345b', '#fff4ec', '#471023'),
      of('#a52a4a', '#ffc9b5', '#4e0f24', '#fff0e8'),
      of('#fbeadb', '#e0796b', '#7c2b4a', '#541c33'),
    ],
  ],
  [
    'Crime',
    [
      of('#232733', '#d0473a', '#e8e0cf', '#f4eee2'),
      of('#e7dcc4', '#1f2430', '#c23b2c', '#1f2430'),
      of('#3a1a1d', '#e8b04a', '#f1e3d3', '#fbf0e0'),
      of('#c9a227', '#231f20', '#f5ead0', '#231f20'),
    ],
  ],
  [
    'Children',
    [
      of('#8fd3bd', '#ff8456', '#fff3cc', '#123536'),
      of('#ff9e6d', '#fff0c2', '#2d6a78', '#3a1708'),
      of('#fdeec4', '#ef6a5a', '#3fa796', '#4a1d17'),
    ],
  ],
  [
    'Thriller',
    [
      of('#20302a', '#d5dc4c', '#0d1512', '#f0f3d5'),
      of('#d9ddd2', '#24333a', '#d6452b', '#1c292f'),
      of('#12282e', '#ef7b45', '#dfe5d2', '#f2f0e2'),
      of('#5c1f2c', '#f2c6a0', '#1d0b11', '#fdeee0'),
    ],
  ],
  [
    'Adventure',
    [
      of('#f3e3bd', '#2b6169', '#dc8a34', '#17343a'),
      of('#1f5c5b', '#f2c14e', '#f7e9c6', '#fdf6e0'),
      of('#e59f47', '#5b2a1c', '#fbe7bd', '#3c180e'),
    ],
  ],
  [
    'Comedy',
    [
      of('#f9cf4e', '#e34f37', '#fffaf0', '#32150b'),
      of('#ee7f5b', '#fff2d2', '#7a1f2b', '#38100f'),
      of('#bfe0d2', '#f0603d', '#1f4f57', '#143a40'),
      of('#fbf1dc', '#e9a23b', '#cf4a35', '#3a1a12'),
    ],
  ],
  [
    'Action',
    [
      of('#cf3f25', '#1d1b22', '#f8c648', '#fffaf0'),
      of('#1d1b22', '#f8c648', '#cf3f25', '#fff5e3'),
      of('#f3d9a4', '#b5301c', '#26242c', '#26242c'),
      of('#25424f', '#f2683c', '#f5e6c8', '#fbf3e0'),
    ],
  ],
  [
    'Drama',
    [
      of('#6d2a37', '#eab795', '#2c141c', '#fdeee2'),
      of('#ead9c6', '#7a3b2e', '#d8a05f', '#3f1c15'),
      of('#2d3f3c', '#d9b48f', '#efe6d6', '#f6efe2'),
      of('#c8cfc4', '#45566a', '#b5654a', '#22303f'),
      of('#49314f', '#e3a587', '#f3e2d0', '#f9eee6'),
    ],
  ],
]);

/** For films without a genre that we know. */
export const PLAIN: readonly Palette[] = [of('#dcd9d0', '#7d8794', '#4a5360', '#20262e')];
