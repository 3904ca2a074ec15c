"""Rendered number plates: designs of many countries, lettered, worn, photographed."""

from .face import Plate, PlateRenderer

__all__ = ["Plate", "PlateRenderer"]
