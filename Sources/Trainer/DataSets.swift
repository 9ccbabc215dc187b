// Who trains lists pictures first: the two come together.
@_exported import DataSets
