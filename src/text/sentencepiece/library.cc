// SPDX-License-Identifier: BSD-2-Clause
// The only file that uses libsentencepiece. It is a thin layer: no C++ exception or type leaves it.

#include "config.h"

#include "text/sentencepiece/library.h"

#include <exception>
#include <memory>
#include <string>
#include <vector>

#include <sentencepiece_processor.h>

struct spm_library {
    sentencepiece::SentencePieceProcessor first;  // as the model says
    sentencepiece::SentencePieceProcessor later;  // without a space before the text
    std::vector<int> ids;
    std::vector<struct span> spans;
};

// Fields of a serialized message may repeat, and the last value counts. This turns off
// normalizer_spec.add_dummy_prefix.
static const char no_dummy_prefix[] = {0x1a, 0x02, 0x18, 0x00};

struct spm_library *sentencepiece_open(const uint8_t *model, size_t size, const char **problem)
{
    try {
        auto library = std::make_unique<struct spm_library>();
        std::string proto(reinterpret_cast<const char *>(model), size);
        bool loaded = library->first.LoadFromSerializedProto(proto).ok();
        proto.append(no_dummy_prefix, sizeof no_dummy_prefix);
        if (loaded && library->later.LoadFromSerializedProto(proto).ok())
            return library.release();
        *problem = "libsentencepiece rejects the model";
    } catch (const std::exception &) {
        *problem = "libsentencepiece failed on the model";
    }
    return nullptr;
}

void sentencepiece_close(struct spm_library *library)
{
    delete library;
}

const int *sentencepiece_encode(struct spm_library *library, const char *text, size_t size,
                                bool first, size_t *count)
{
    static const int none = 0;
    try {
        library->ids.clear();
        auto &processor = first ? library->first : library->later;
        if (!processor.Encode({text, size}, &library->ids).ok())
            return nullptr;
        *count = library->ids.size();
        return library->ids.empty() ? &none : library->ids.data();
    } catch (const std::exception &) {
        return nullptr;
    }
}

const struct span *sentencepiece_spans(struct spm_library *library, const char *text, size_t size,
                                       bool first, size_t *count)
{
    static const struct span none = {0, 0};
    try {
        auto &processor = first ? library->first : library->later;
        library->spans.clear();
        auto encoded = processor.EncodeAsImmutableProto({text, size});  // the pieces point into it
        for (const auto &piece : encoded.pieces())
            library->spans.push_back({piece.begin(), piece.end()});
        *count = library->spans.size();
        return library->spans.empty() ? &none : library->spans.data();
    } catch (const std::exception &) {
        return nullptr;
    }
}
