// A manifest while it is being read: entries with the places that problems between entries will name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schema/manifest/manifest.hpp"
#include "schema/manifest/problem_list.hpp"

namespace ingot {

template <class Value>
struct Placed {
  Value value;
  Spot spot{};
};

struct PeerDraft {
  PeerEntry entry;  ///< its card means nothing unless `has_card`
  bool has_card = false;
  Spot name{};
  Spot card{};
  Spot s3{};
};

struct TypeDraft {
  TypeDeclaration entry;
  Spot name{};
};

struct ImageDraft {
  LocalImage entry;
  Spot name{};
  Spot type{};
  Spot parent{};
  Spot source{};
  std::vector<Spot> series{};  ///< as entry.series
};

struct SeriesDraft {
  SeriesDeclaration entry;
  Spot name{};
  std::vector<Spot> images{};  ///< as entry.images
  Spot follow{};               ///< of the peer that it follows
  Spot header{};
  bool has_members = false;  ///< false: it is up to the images to name it
};

struct SubscriptionDraft {
  SubscriptionEntry entry;
  Spot spot{};
};

struct CopyDraft {
  CopyEntry entry;
  Spot spot{};
};

struct ExportDraft {
  ExportEntry entry;
  Spot name{};
  Spot to{};
  Spot link{};
};

struct UploadDraft {
  UploadEntry entry;
  Spot name{};
  Spot to{};
};

/// A peer named by a subscription, a copy or a series, also by one with other mistakes.
struct PeerReference {
  ServerName peer;
  Spot spot{};
};

struct ManifestDraft {
  ProblemList problems;
  std::vector<std::string> variables{};  ///< ManifestFiles::variables
  std::string working_folder{};          ///< ManifestFiles::working_folder
  /// False if a part of the text could not be read, or a peer has no valid name: then a name that is not found may be there.
  bool references_certain = true;

  std::optional<ServerSection> server{};
  std::vector<Placed<ServerName>> clients{};
  std::vector<Placed<ServerName>> targets{};
  Limits limits{};
  Guard guard{};
  std::vector<PeerDraft> peers{};
  std::vector<TypeDraft> types{};
  std::vector<ImageDraft> images{};
  std::vector<SeriesDraft> series{};
  std::vector<SubscriptionDraft> subscriptions{};
  std::vector<CopyDraft> copies{};
  std::vector<ExportDraft> exports{};
  std::vector<UploadDraft> uploads{};
  std::vector<IgnoreEntry> ignored{};
  std::vector<NotifyEntry> notify{};
  std::vector<PeerReference> peer_references{};
};

}  // namespace ingot
