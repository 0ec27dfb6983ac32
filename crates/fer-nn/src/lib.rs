//! CPU operators for candle with tested gradients, seeded masks and initialisation, and PyTorch's optimisers.
