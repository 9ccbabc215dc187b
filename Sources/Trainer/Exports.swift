// Re-exports the sets of pictures, which every user of Trainer needs.
@_exported import DataLoader
@_exported import DataSets
