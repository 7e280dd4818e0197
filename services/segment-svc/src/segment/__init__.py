"""Segmentation: what customers did, condensed into metrics, scores, classes, predictions and reports."""
