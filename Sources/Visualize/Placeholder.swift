// Visualize
